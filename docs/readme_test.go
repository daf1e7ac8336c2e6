package docs_test

import (
	"strings"
	"testing"

	"github.com/tyg-dev/tyg/internal/sampletest"
)

// TestReadmeChat follows the consoles of the README, beside the chat that its first command starts.
func TestReadmeChat(t *testing.T) {
	sampletest.Part(t, 3)
	p := newPlayer(t, "../README.md")
	p.install()
	t.Parallel()
	p.dir = p.checkout
	server := p.terminal("server")
	server.step(step{
		does:  "$ go run ./examples/chat",
		wants: []string{"Serving chat on ws://127.0.0.1:8000/api/", "Open http://127.0.0.1:8000/ in a browser"},
	})
	consoles := 0
	for _, b := range blocks(t, p.page) {
		if b.word(0) == "console" {
			p.talk([]block{b})
			consoles++
		}
	}
	if consoles == 0 {
		t.Error("README.md has no console")
	}
	p.terminal("John").step(step{does: "^C"})
	server.step(step{does: "^C"})
}

// readmeScript returns the script of the README.
func readmeScript(t *testing.T) string {
	t.Helper()
	for _, b := range blocks(t, "../README.md") {
		if b.word(0) == "js" {
			return strings.Join(b.text, "\n")
		}
	}
	t.Fatal("README.md has no script")
	return ""
}
