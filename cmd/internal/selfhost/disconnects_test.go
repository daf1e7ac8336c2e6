package selfhost

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/internal/ledgerfile"
)

// TestDisconnectsOfAKilledGateway starts a gateway whose file has a connection of one that was
// killed. Its $disconnect route gets that before the gateway serves, and a later start tells
// nothing.
func TestDisconnectsOfAKilledGateway(t *testing.T) {
	t.Parallel() // it mostly waits
	told := make(chan string, 10)
	target := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		_, _ = io.WriteString(w, `{"statusCode": 200}`)
		told <- string(body)
	}))
	defer target.Close()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, ".tyg"), 0o700); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(dir, ".tyg", "config.json")
	config := fmt.Sprintf(`{"addr": "127.0.0.1:0", "admin": {"off": true},
		"disconnects": "at-least-once", "routes": {"$disconnect": {"url": %q}}}`, target.URL)
	if err := os.WriteFile(name, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	before, err := ledgerfile.Open(filepath.Join(dir, ".tyg", "disconnects.log"), nil)
	if err == nil {
		err = before.Connect(&tyg.Conn{ID: "L0SM9cOFvHcCIhw=", Stage: "api", APIID: "local"})
	}
	if err == nil {
		err = before.Close() // the connection stays
	}
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		serveOnce(t, name)
	}
	close(told)
	var events []string
	for e := range told {
		events = append(events, e)
	}
	if len(events) != 1 || !strings.Contains(events[0], `"connectionId":"L0SM9cOFvHcCIhw="`) ||
		!strings.Contains(events[0], `"disconnectStatusCode":1006`) {
		t.Errorf("told %q", events)
	}
}

// serveOnce runs a gateway until it serves, and ends it.
func serveOnce(t *testing.T, file string) {
	t.Helper()
	cfg, err := Read(Source{File: file})
	if err != nil {
		t.Fatal(err)
	}
	out, in := io.Pipe()
	g, err := New(t.Context(), cfg, in, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- g.Run(ctx) }() // ends with ctx
	one := make([]byte, 1024)
	n, err := out.Read(one)
	if err != nil || !strings.HasPrefix(string(one[:n]), "Serving ") {
		t.Errorf("it says %q, %v", one[:n], err)
	}
	go func() { _, _ = io.Copy(io.Discard, out) }() // ends with the test
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	_ = in.Close()
}
