//go:build !tyg.lambda

package main

import (
	"encoding/json"
	"testing"

	"github.com/tyg-dev/tyg/internal/browsertest"
)

// What the page shows of the people who are there.
const shown = `JSON.stringify([...document.querySelectorAll("li")].map((row) => row.textContent))`

func TestPageInBrowser(t *testing.T) {
	const script = `<script>alert(1)</script>`
	browser := browsertest.Start(t)
	server := browsertest.Serve(t, newApp())
	john, jenny := browser.Open(server.URL), browser.Open(server.URL)
	comeIn(t, john, "John")
	comeIn(t, jenny, script)
	both := func() {
		want := shown + ` === JSON.stringify(["<script>alert(1)</script>", "John"])`
		john.Wait(want)
		jenny.Wait(want)
	}
	both()

	john.Wait(`getComputedStyle(form).display === "none"`)
	narrow := `parseFloat(getComputedStyle(document.querySelector("li.me"), "::after").height) < 40`
	jenny.Wait(narrow) // "you" is one line beside a long name

	server.Stop()
	john.Wait(`state.textContent.startsWith("Not connected")`)
	server.Restart(newApp())
	both()

	old := jenny.Eval(`me`)
	jenny.Eval(`socket.close()`) // the page connects again, as another connection
	jenny.Wait(`me !== "` + old + `" && socket.readyState === WebSocket.OPEN`)
	both()
	// Chromium may keep a page that is left, and its connection: the end is that of the connection.
	jenny.Eval(`(socket.onclose = null, socket.close())`)
	john.Wait(shown + ` === '["John"]'`)
}

func comeIn(t *testing.T, page *browsertest.Page, name string) {
	t.Helper()
	quoted, err := json.Marshal(name)
	if err != nil {
		t.Fatal(err)
	}
	page.Wait(`state.textContent === "Say your name to come in."`)
	page.Eval(`input.value = ` + string(quoted))
	page.Eval(`form.requestSubmit()`)
	page.Wait(`document.querySelector("li.me") !== null`)
}
