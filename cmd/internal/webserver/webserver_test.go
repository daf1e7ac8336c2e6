package webserver_test

import (
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tyg-dev/tyg/cmd/internal/webserver"
	"github.com/tyg-dev/tyg/internal/holdtest"
)

// TestSilentClientsAreCut has clients fall silent while they send, before a handler that does not
// read, and while they receive.
func TestSilentClientsAreCut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		web := webserver.New(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, strings.Repeat("x", 8<<10)) // more than an http.Server keeps
		}), slog.New(slog.DiscardHandler))
		l := holdtest.Listen()
		served := make(chan error, 1)
		go func() { served <- web.Serve(l) }() // closed and awaited below
		dial := l.Dialer(t)
		const head = "POST /x HTTP/1.1\r\nHost: x\r\n"
		holdtest.Run(t, dial, head, holdtest.Limits{
			Head: 5 * time.Second, Body: 35 * time.Second, Idle: time.Minute,
		})
		nc := dial()
		defer nc.Close()
		_, _ = io.WriteString(nc, head+"\r\n")
		time.Sleep(31 * time.Second) // in the bubble
		if b, err := io.ReadAll(nc); len(b) > 0 || err != nil {
			t.Errorf("read %d bytes, %v: a client that reads nothing is still served", len(b), err)
		}
		_ = web.Close()
		<-served
	})
}
