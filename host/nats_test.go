//go:build tyg.nats && !tyg.lambda && !tyg.local

package host_test

import (
	"testing"

	"github.com/tyg-dev/tyg/cluster"
	"github.com/tyg-dev/tyg/internal/natsd"
)

func TestRunBuiltWithNATS(t *testing.T) {
	server, err := natsd.Start(natsd.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = server.Shutdown() }()
	for want := 1; want <= 2; want++ { // one process after the other
		p := run(t, "main")
		p.Env = append(p.Env, "TYG_NATS_URL="+server.URL())
		p.start(t)
		n, err := count(t.Context(), dial(t, p.url(t), nil), 1)
		if err != nil || n != want {
			t.Errorf("the count is %d, %v, want %d", n, err, want)
		}
		_ = p.Process.Kill()
		_ = p.Wait()
	}
}

// A program that serves by itself drains as after a signal when another one asks it to.
func TestRunBuiltWithNATSDrains(t *testing.T) {
	server, err := natsd.Start(natsd.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = server.Shutdown() }()
	p := run(t, "main")
	p.Env = append(p.Env, "TYG_NATS_URL="+server.URL(), "TYG_CLUSTER=drains", "TYG_NODE=one")
	p.start(t)
	c := dial(t, p.url(t), nil)
	wantEcho(t, c)
	cfg := cluster.Config{URL: server.URL(), Name: "drains"}
	if err := cluster.Drain(t.Context(), cfg, "one"); err != nil {
		t.Fatal(err)
	}
	wantRestart(t, c)
	p.wantExit(t, 0)
}
