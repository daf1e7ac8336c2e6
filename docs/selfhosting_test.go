package docs_test

import (
	"runtime"
	"testing"

	"github.com/tyg-dev/tyg/internal/sampletest"
)

// TestSelfHosting follows self-hosting.md, by the rules of the tutorial. Blocks of JSON that name
// no file are configurations: package selfhost checks those.
func TestSelfHosting(t *testing.T) {
	sampletest.Part(t, 3)
	if runtime.GOOS == "windows" {
		t.Skip("self-hosting.md was not run: it is about servers with a system of Unix's kind")
	}
	p := newPlayer(t, "self-hosting.md")
	p.install()
	t.Parallel()
	p.play()
}
