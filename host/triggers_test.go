//go:build !tyg.lambda

package host_test

import (
	"context"
	"encoding/json"
	"io"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/host"
)

// A program with handlers of triggers says that nothing calls them where it holds sockets itself.
func TestServeSaysThatNothingCallsTriggers(t *testing.T) {
	app := tyg.New("shop")
	app.OnTrigger("jobs", func(context.Context, json.RawMessage) (any, error) { return nil, nil })
	r, w := io.Pipe()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { // cancel ends it
		done <- host.Serve(ctx, app, host.Config{Addr: "127.0.0.1:0", Out: w})
		_ = w.Close()
	}()
	var text strings.Builder
	buf := make([]byte, 1000)
	for !strings.Contains(text.String(), "Nothing calls the triggers jobs here") {
		n, err := r.Read(buf)
		if err != nil {
			t.Fatalf("%v after %q", err, text.String())
		}
		text.Write(buf[:n])
	}
	cancel()
	go func() { _, _ = io.Copy(io.Discard, r) }() // ends with w
	if err := <-done; err != nil {
		t.Error(err)
	}
}
