package docs_test

import (
	"runtime"
	"testing"
)

// TestSelfHosting follows self-hosting.md, by the rules of the tutorial. Blocks of JSON that name
// no file are configurations: package selfhost checks those.
func TestSelfHosting(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the page is about servers with a system of Unix's kind")
	}
	p := newPlayer(t, "self-hosting.md")
	p.install()
	t.Parallel()
	p.play()
}
