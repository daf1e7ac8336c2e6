//go:build unix

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg/internal/sampletest"
)

// TestOneFileServesLocalAndGateway runs a project by both commands, from another directory, with
// one file whose keys are not all for both.
func TestOneFileServesLocalAndGateway(t *testing.T) {
	sampletest.Part(t, 4)
	t.Parallel()
	if _, err := exec.LookPath("python3"); err != nil {
		t.Skipf("a function in Python was not run: %v", err)
	}
	dir := copyScripts(t)
	config := `{
		"app_name": "shop", "addr": "127.0.0.1:0", "admin": {"off": true}, "api_gateway_stage": "v1",
		"lambda_functions": {"echo": {"command": ["python3", "echo.py"]}},
		"routes": {"$default": {"function": "echo", "response": true}},
		"stages": {"prod": {"limits": {"message": 40000}, "api_gateway_stage": "v2"}}
	}`
	path := filepath.Join(dir, ".tyg", "config.json")
	if err := os.Mkdir(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(config), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ command, stage, path string }{
		{"local", "prod", "/v2/"},
		{"local", "", "/v1/"},
		{"gateway", "prod", "/v2/"},
		{"gateway", "", "/v1/"},
	} {
		args := []string{tt.command, "--project-dir", dir}
		if tt.stage != "" {
			args = append(args, "--stage", tt.stage)
		}
		r := startTyg(t, args...)
		line := r.line()
		url := regexp.MustCompile(`ws://\S*`).FindString(line)
		if !strings.HasPrefix(line, "Serving shop on ") || !strings.HasSuffix(url, tt.path) {
			t.Fatalf("%q says %q", args, line)
		}
		c := dial(t, url)
		send(t, c, "hi")
		if got := receive(t, c); got != "python: hi" {
			t.Errorf("%q answers %q", args, got)
		}
		_ = c.CloseNow()
		r.signal(os.Interrupt)
		r.exits(0)
	}
}
