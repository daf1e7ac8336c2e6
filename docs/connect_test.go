package docs_test

import (
	"runtime"
	"testing"

	"github.com/tyg-dev/tyg/internal/sampletest"
)

// TestConnect follows connect.md, by the rules of the tutorial.
func TestConnect(t *testing.T) {
	sampletest.Part(t, 3)
	if runtime.GOOS == "windows" {
		t.Skip("connect.md was not followed: its blocks are for a shell of Unix's kind")
	}
	p := newPlayer(t, "connect.md")
	p.install()
	t.Parallel()
	p.play()
}
