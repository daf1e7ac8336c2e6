package cluster_test

import (
	"strings"
	"testing"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/cluster"
)

func TestStatusAndDrain(t *testing.T) {
	t.Parallel() // it mostly waits
	var log eventLog
	cfg := quick
	cfg.Name = newName()
	drained := make(chan string, 2)
	var rigs []*rig
	for n, name := range []string{"one", "two", "three"} {
		cfg := cfg
		cfg.Node = name
		if name != "three" {
			cfg.OnDrain = func() { drained <- name }
		}
		rigs = append(rigs, start(t, &mortal{App: log.app(n)}, cfg))
	}
	dial(t, rigs[1])
	log.connID(t, 1)
	rigs[1].node.Drain()
	ask := cluster.Config{URL: server.URL(), Name: cfg.Name}
	list, err := cluster.Status(t.Context(), ask)
	if err != nil || len(list) != 3 {
		t.Fatalf("status: %+v, %v", list, err)
	}
	// They are sorted by name.
	for i, want := range []struct {
		node, state string
		connections int64
	}{{"one", "alive", 0}, {"three", "alive", 0}, {"two", "draining", 1}} {
		n := list[i]
		if n.Node != want.node || n.State != want.state || n.Connections != want.connections ||
			n.Protocol != 1 || n.Disconnects != "best-effort" || time.Since(n.Started) > time.Minute {
			t.Errorf("node %d is %+v, want %+v", i, n, want)
		}
	}
	if err := cluster.Drain(t.Context(), ask, "two"); err != nil {
		t.Error(err)
	}
	if err := cluster.Drain(t.Context(), ask, rigs[0].node.Incarnation()); err != nil {
		t.Error(err)
	}
	for _, want := range []string{"two", "one"} {
		if got := <-drained; got != want {
			t.Errorf("drained %s, want %s", got, want)
		}
	}
	err = cluster.Drain(t.Context(), ask, "three")
	if err == nil || !strings.Contains(err.Error(), "send it SIGTERM") {
		t.Errorf("drain of a node that does not know how to: %v", err)
	}
	err = cluster.Drain(t.Context(), ask, "four")
	if err == nil || !strings.Contains(err.Error(), "it has one, three, two") {
		t.Errorf("drain of another node: %v", err)
	}
	rigs[2].kill(t)
	if list, err = cluster.Status(t.Context(), ask); err != nil || len(list) != 3 ||
		list[1].State != "suspect" {
		t.Errorf("after a kill: %+v, %v", list, err)
	}
}

// TestWrongConfigsSayWhatToDo has errors for what operators get wrong.
func TestWrongConfigsSayWhatToDo(t *testing.T) {
	for want, cfg := range map[string]cluster.Config{
		"neither URL nor Conn":        {},
		"use tls://":                  {URL: "nats://u:p@example.com"},
		"no credential":               {URL: "tls://example.com"},
		"letters, digits":             {URL: "nats://127.0.0.1", Name: "a.b"},
		"fence 30s is not shorter":    {URL: "nats://127.0.0.1", Fence: 30 * time.Second},
		"renew 15s is more than half": {URL: "nats://127.0.0.1", Renew: 15 * time.Second},
		"dead 5s is not longer":       {URL: "nats://127.0.0.1", Dead: 5 * time.Second, Fence: 1},
		"less than two heartbeats":    {URL: "nats://127.0.0.1", Suspect: time.Second},
		"connect to NATS":             {URL: "nats://127.0.0.1:1"},
		"must not be negative":        {URL: "nats://127.0.0.1", Shards: -1},
		"retry -1s: use a time":       {URL: "nats://127.0.0.1", Retry: -time.Second},
		"not like nats://host:4222":   {URL: "nats://"},
	} {
		_, err := cluster.Join(t.Context(), newGateway(tyg.New("x")), cfg)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "u:p") {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
}

// TestApplicationWrapsItsNode holds that what App.UseHost adds is reached on a node with a ledger.
func TestApplicationWrapsItsNode(t *testing.T) {
	t.Parallel()
	cfg := quick
	cfg.Name, cfg.Disconnects = newName(), cluster.AtLeastOnce
	app := tyg.New("test")
	type wrapped struct{ tyg.Host }
	app.UseHost(func(h tyg.Host) tyg.Host { return wrapped{h} })
	r := start(t, app, cfg)
	if err := r.Start(); err != nil {
		t.Fatal(err)
	}
	if w, ok := tyg.Bound(r.Handler, r.node).(wrapped); !ok || w.Host != tyg.Host(r.node) {
		t.Errorf("calls reach %T", tyg.Bound(r.Handler, r.node))
	}
	if r.node.Gateway() != r.Server {
		t.Error("the node does not tell its gateway")
	}
}
