package local

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg/cmd/internal/backend"
	"github.com/tyg-dev/tyg/internal/wsclient"
)

// A banner is standard output. It sends the first line, and is then closed.
type banner chan string

func (b banner) Write(text []byte) (int, error) {
	if strings.HasPrefix(string(text), "Serving ") {
		b <- string(text)
		close(b)
	}
	return len(text), nil
}

// serve runs a project without programs, calls while during it with the first line of output, and
// returns the error of Run.
func serve(t *testing.T, while func(line string)) error {
	t.Helper()
	return serveWith(t, Plan{}, nil, while)
}

// serveWith is serve with what a plan has beside routes, and those of the command line.
func serveWith(t *testing.T, plan Plan, origins []string, while func(line string)) error {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	serving := make(banner, 1)
	done := make(chan error, 1)
	go func() { // ends with ctx
		done <- Run(ctx, Config{
			Name: "p", Dir: t.TempDir(), Addr: "127.0.0.1:0", TimeScale: 1, NoReload: true,
			Origins: origins,
			Stdout:  serving, Stderr: io.Discard,
			Plan: func() (Plan, error) {
				route := backend.Route{Target: backend.Target{URL: "http://127.0.0.1:9/"}}
				p := plan
				p.Name, p.Stage, p.Routes = "shop", "api", &backend.Set{
					Routes: map[string]backend.Route{"$default": route},
				}
				return p, nil
			},
		})
	}()
	select {
	case line := <-serving:
		while(line)
	case err := <-done:
		return err
	}
	cancel()
	return <-done
}

func TestRunRemovesTheFolderOfARunThatWasKilled(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	t.Setenv("TMP", dir) // on Windows
	left := filepath.Join(dir, "tyg-local-1")
	if err := os.Mkdir(left, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{".lock", "program"} {
		if err := os.WriteFile(filepath.Join(left, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	err := serve(t, func(string) {
		if _, err := os.Stat(left); !os.IsNotExist(err) {
			t.Errorf("%s is still there, %v", left, err)
		}
	})
	if err != nil {
		t.Error(err)
	}
	if after, err := os.ReadDir(dir); err != nil || len(after) > 0 {
		t.Errorf("the run has left %v, %v", after, err)
	}
}

// TestPagesOfThisMachineMayConnect: the server of a page has another port, and others are named.
func TestPagesOfThisMachineMayConnect(t *testing.T) {
	plan := Plan{Origins: []string{"https://configured.example"}}
	err := serveWith(t, plan, []string{"null"}, func(line string) {
		url := strings.Fields(line)[3]
		for origin, want := range map[string]int{
			"http://localhost:5173": 0, "https://localhost:3000": 0, "http://127.0.0.1:8080": 0,
			"http://[::1]:4321": 0, "http://shop.localhost:3000": 0, "http://localhost": 0,
			"https://configured.example": 0, "null": 0,
			"https://evil.example": 403, "http://localhost.evil.example:5173": 403, "file://": 403,
		} {
			c, _, err := wsclient.Dial(t.Context(), url, &wsclient.Options{
				Header: http.Header{"Origin": {origin}},
			})
			status := 0
			if refused, ok := errors.AsType[*wsclient.RefusedError](err); ok {
				status = refused.Status
			} else if err != nil {
				t.Fatal(err)
			}
			if status != want {
				t.Errorf("a page of %s gets status %d, want %d", origin, status, want)
			}
			if c != nil {
				_ = c.CloseNow()
			}
		}
	})
	if err != nil {
		t.Error(err)
	}
}

func TestRunServesUnderTheNameOfTheConfiguration(t *testing.T) {
	err := serve(t, func(line string) {
		if !strings.HasPrefix(line, "Serving shop on ws://127.0.0.1:") {
			t.Errorf("the first line is %q", line)
		}
	})
	if err != nil {
		t.Error(err)
	}
}
