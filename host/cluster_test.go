//go:build !tyg.lambda

package host_test

import (
	"testing"

	"github.com/tyg-dev/tyg/internal/natsd"
	"github.com/tyg-dev/tyg/internal/ws"
)

// Two processes are one gateway: what one sends to all reaches the client of the other.
func TestRunJoinsTheCluster(t *testing.T) {
	server, err := natsd.Start(natsd.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = server.Shutdown() }()
	var urls []string
	for range 2 {
		p := run(t, "with NATS")
		p.Env = append(p.Env, "TYG_NATS_URL="+server.URL(), "TYG_NATS_BUCKET=pair")
		p.start(t)
		urls = append(urls, p.url(t))
	}
	one, two := dial(t, urls[0], nil), dial(t, urls[1], nil)
	wantEcho(t, two)
	if err := one.Write(t.Context(), ws.OpText, []byte(`{"action":"all"}`)); err != nil {
		t.Fatal(err)
	}
	_, data, err := two.Read(t.Context())
	if err != nil || string(data) != "to all" {
		t.Errorf("the client of the other process got %q, %v", data, err)
	}
	_, data, err = one.Read(t.Context())
	if err != nil || string(data) != "to all" {
		t.Errorf("the client of this process got %q, %v", data, err)
	}
}
