package gateway_test

import (
	"io"
	"log/slog"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/tyg-dev/tyg/gateway"
)

// TestStuckLogStopsNoRequest serves while both logs are pipes that are full.
func TestStuckLogStopsNoRequest(t *testing.T) {
	t.Parallel() // it mostly waits
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	defer r.Close() // ends the writes
	srv := &gateway.Server{
		Handler: echo(), Logger: slog.New(slog.NewTextHandler(w, nil)),
		AccessLog: &gateway.AccessLog{Out: w},
	}
	g := start(t, srv)
	_ = w.SetWriteDeadline(time.Now().Add(20 * time.Millisecond))
	_, _ = io.Copy(w, endless{}) // until it is full
	_ = w.SetWriteDeadline(time.Time{})
	for range 3 {
		if status, _, _ := g.call(t, http.MethodGet, "/nope", ""); status != http.StatusNotFound {
			t.Errorf("status %d, want 404 for a signed call", status)
		}
		c := g.dial(t)
		c.send(t, "hi")
		c.expect(t, "hi")
	}
}

// endless is text without an end.
type endless struct{}

func (endless) Read(b []byte) (int, error) { return len(b), nil }
