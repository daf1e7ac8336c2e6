//go:build unix

package main

import (
	"testing"

	"github.com/tyg-dev/tyg/internal/sampletest"
	"github.com/tyg-dev/tyg/internal/testprogram"
)

// TestLocalRunsOpen has a function invoke itself, as it does on AWS.
func TestLocalRunsOpen(t *testing.T) {
	sampletest.Part(t, 4)
	t.Parallel()
	l := startLocal(t, "--project-dir", "testdata/greeter", "--port", "0", "--quiet", "--no-reload")
	wantGreeting(t, l.served())
}

// TestGatewayServesAnApp has an app say which routes it has, and invoke itself.
func TestGatewayServesAnApp(t *testing.T) {
	sampletest.Part(t, 4)
	t.Parallel()
	program := testprogram.Build(t, t.TempDir(), "./testdata/greeter", "-tags", "tyg.lambda")
	g := startGateway(t, t.TempDir(), map[string]any{
		"app": "greeter",
		"functions": map[string]any{
			"greeter": map[string]any{"command": []string{program}},
		},
	})
	g.until(`^Routes: \$connect \$default$`)
	wantGreeting(t, g.url)
}

func wantGreeting(t *testing.T, url string) {
	t.Helper()
	c := dial(t, url)
	if got := receive(t, c); got != "welcome" {
		t.Errorf("received %q first, want the greeting", got)
	}
	send(t, c, "hi")
	if got := receive(t, c); got != "hi" {
		t.Errorf("received %q, want hi", got)
	}
}
