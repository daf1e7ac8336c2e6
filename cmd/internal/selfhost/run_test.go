package selfhost

import (
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tyg-dev/tyg/internal/holdtest"
)

// TestSideListenersCutSilentClients opens every listener beside that of the clients, and has
// clients fall silent in each phase of a request to it.
func TestSideListenersCutSilentClients(t *testing.T) {
	cfg, err := parse(
		`{"routes": {"$default": {"url": "http://127.0.0.1:1/"}}, "invoke_addr": "127.0.0.1:1"}`)
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		g, err := New(t.Context(), cfg, io.Discard, io.Discard)
		if err != nil {
			t.Fatal(err)
		}
		defer g.Close()
		internal := holdtest.Listen()
		g.closers = append(g.closers, g.invoke)
		g.invoke = internal
		listeners := map[string]*holdtest.Listener{"invoke": internal}
		failed := make(chan error, 3)
		webs, err := g.sideServers(func(what, _ string) (net.Listener, error) {
			listeners[what] = holdtest.Listen()
			return listeners[what], nil
		}, failed)
		if err != nil {
			t.Fatal(err)
		}
		defer closeAll(webs)
		const livez, invoke = "GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\n",
			"POST /2015-03-31/functions/f/invocations HTTP/1.1\r\nHost: 127.0.0.1\r\n"
		heads := map[string]string{"invoke": invoke, "admin": livez, "invoke_addr": invoke}
		if len(listeners) != len(heads) {
			t.Errorf("there are %d listeners, and requests for %d", len(listeners), len(heads))
		}
		for what, l := range listeners {
			holdtest.Run(t, l.Dialer(t), heads[what], holdtest.Limits{
				Head: 5 * time.Second, Body: 35 * time.Second, Idle: time.Minute,
			})
		}
	})
}
