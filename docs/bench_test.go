package docs_test

import (
	"runtime"
	"testing"

	"github.com/tyg-dev/tyg/internal/sampletest"
)

// TestBench follows bench.md, by the rules of the tutorial.
func TestBench(t *testing.T) {
	sampletest.Part(t, 3)
	if runtime.GOOS == "windows" {
		t.Skip("bench.md was not followed: its blocks are for a shell of Unix's kind")
	}
	p := newPlayer(t, "bench.md")
	p.install()
	t.Parallel()
	p.play()
}
