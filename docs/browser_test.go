//go:build !tyg.lambda

package docs_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/tyg-dev/tyg/internal/browsertest"
)

// TestGroupsPageInBrowser opens the web page of groups.md.
func TestGroupsPageInBrowser(t *testing.T) {
	browser := browsertest.Start(t)
	server := browsertest.Serve(t, newPagedTown())
	john, jenny := browser.Open(server.URL), browser.Open(server.URL)
	talk := func(line string) {
		john.Wait("socket.readyState === 1")
		jenny.Wait("socket.readyState === 1")
		john.Eval("line.value = " + line)
		john.Eval(`line.dispatchEvent(new Event("change"))`)
		jenny.Wait("lines.lastElementChild.textContent === " + line)
	}
	talk(`"<b>hello</b>"`)
	server.Stop()
	john.Wait("socket.readyState !== 1")
	jenny.Wait("socket.readyState !== 1")
	server.Restart(newPagedTown())
	talk(`"again"`)
}

// TestGuidePageInBrowser opens the page of browser.md, whose client survives a restart.
func TestGuidePageInBrowser(t *testing.T) {
	browser := browsertest.Start(t)
	server := browsertest.Serve(t, newBrowserApp())
	page := browser.Open(server.URL)
	page.Wait(`state.textContent === "open" && lines.childElementCount === 1`)
	page.Eval(`line.value = "<b>hello</b>"`)
	page.Eval("form.requestSubmit()")
	page.Wait(`lines.lastElementChild.textContent === "<b>hello</b>" && line.value === ""`)
	server.Stop()
	page.Wait(`state.textContent === "waiting" || state.textContent === "connecting"`)
	page.Eval(`line.value = "kept"`)
	page.Eval("form.requestSubmit()")
	page.Wait(`line.value === "kept"`)
	server.Restart(newBrowserApp())
	page.Wait(`state.textContent === "open" && lines.lastElementChild.textContent === "hello again"`)
}

// TestReadmeScriptInBrowser runs the script of the README in two pages.
func TestReadmeScriptInBrowser(t *testing.T) {
	browser := browsertest.Start(t)
	app := newBroadcast()
	page := "<!doctype html><body><script src=script.js></script>"
	script := strings.Replace(readmeScript(t), `"ws://127.0.0.1:8000/api/"`,
		`location.origin.replace("http", "ws") + "/api/"`, 1)
	app.Pages(fstest.MapFS{
		"index.html": &fstest.MapFile{Data: []byte(page)},
		"script.js":  &fstest.MapFile{Data: []byte(script)},
	})
	server := browsertest.Serve(t, app)
	first := browser.Open(server.URL)
	shown := `document.querySelector("p:last-child").textContent === "hello"`
	first.Wait(shown)
	browser.Open(server.URL).Wait(shown)
	first.Wait(`document.querySelectorAll("p").length === 2`)
}
