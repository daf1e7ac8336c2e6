package gateway_test

import (
	"bufio"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tyg-dev/tyg/gateway"
)

// TestSlowPagesAreServed has a page whose request and answer come in pieces, for ten minutes each,
// and others whose client falls silent.
func TestSlowPagesAreServed(t *testing.T) {
	const pieces, pause = 30, 20 * time.Second
	page := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if n, err := io.Copy(io.Discard, r.Body); n != pieces || err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		for range pieces {
			time.Sleep(pause) // in the bubble
			_, _ = io.WriteString(w, "x")
			_ = http.NewResponseController(w).Flush()
		}
		if r.Context().Err() != nil {
			t.Error("the context of a request has ended before its handler")
		}
	})
	const upload = "POST /page HTTP/1.1\r\nHost: x\r\nContent-Length: 30\r\n\r\n"
	synctest.Test(t, func(t *testing.T) {
		dial, shutdown := servePipes(t, &gateway.Server{Handler: echo(), HTTP: page, Logger: quiet})
		nc := dial()
		defer nc.Close()
		_, _ = io.WriteString(nc, upload)
		for range pieces {
			time.Sleep(pause)
			if _, err := io.WriteString(nc, "x"); err != nil {
				t.Fatal(err)
			}
		}
		res, err := http.ReadResponse(bufio.NewReader(nc), nil)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		if want := strings.Repeat("x", pieces); string(body) != want || err != nil {
			t.Errorf("%d, %q, %v; want %q", res.StatusCode, body, err, want)
		}
		silent := dial()
		defer silent.Close()
		start := time.Now()
		go func() { _, _ = io.WriteString(silent, upload+"x") }() // ends with silent
		_, _ = io.Copy(io.Discard, silent)
		if d := time.Since(start); d < 30*time.Second || d > 32*time.Second {
			t.Errorf("a client that sends no body was held for %v, want Limits.Read, 30 s", d)
		}
		if took, err := shutdown(); took > 2*time.Second || err != nil {
			t.Errorf("Shutdown took %v and returned %v", took, err)
		}
	})
}
