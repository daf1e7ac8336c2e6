//go:build !tyg.lambda

package chattest

import (
	"flag"
	"path/filepath"
	"testing"

	"github.com/tyg-dev/tyg/internal/browsertest"
)

var screenshots = flag.String("screenshots", "", "write pictures of the page to this directory")

// TestScreenshots takes the pictures of docs/images:
//
//	TYG_TEST_BROWSER=1 go test ./examples/chattest -run Screenshots -screenshots ../../docs/images
func TestScreenshots(t *testing.T) {
	if *screenshots == "" {
		t.Skip("no pictures were taken: there is no -screenshots")
	}
	browser := browsertest.Start(t)
	server := browsertest.Serve(t, newPagedChat())
	john, jenny := &person{t, browser.Open(server.URL)}, &person{t, browser.Open(server.URL)}
	john.enter("John", "tyg")
	jenny.submit("nickname", "Jenny")
	jenny.Wait(`document.querySelector("#rooms button") !== null`)
	jenny.submit("room", "tyg")
	john.sees("Jenny joined")
	for _, line := range []struct {
		who  *person
		text string
	}{
		{jenny, "Hello John, does this page need a build step?"},
		{john, "No: three modules, one style sheet, nothing to install."},
		{john, "It speaks the same protocol as a terminal, and a reload of the server does not end it."},
		{jenny, "<script>alert(1)</script>"},
		{john, "/me sees text, and no alert"},
		{jenny, "/msg John Lunch at twelve?"},
		{john, "/msg Jenny Yes"},
	} {
		line.who.submit("line", line.text)
		line.who.Wait(`document.querySelectorAll(".mine .text").length > 0`)
		// The next one answers this one: wait until the page has drawn it.
		line.who.Wait(`document.getElementById("line").value === ""`)
		line.who.Eval(`new Promise((done) => setTimeout(done, 100))`)
	}
	john.sees("Lunch at twelve?")
	jenny.sees("Yes")
	shoot(t, jenny, "chat")
}

func shoot(t *testing.T, p *person, name string) {
	t.Helper()
	for suffix, look := range map[string]browsertest.Look{
		"phone-light":   {Width: 360, Height: 640},
		"phone-dark":    {Width: 360, Height: 640, Dark: true},
		"desktop-light": {Width: 1100, Height: 700},
		"desktop-dark":  {Width: 1100, Height: 700, Dark: true},
	} {
		p.Show(look)
		p.Screenshot(filepath.Join(*screenshots, name+"-"+suffix+".png"))
	}
}
