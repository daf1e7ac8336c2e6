package local

import (
	"io"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tyg-dev/tyg/gateway"
	"github.com/tyg-dev/tyg/internal/functions"
	"github.com/tyg-dev/tyg/internal/holdtest"
)

// TestServerCutsSilentClients has clients of each kind fall silent in each phase of a request,
// before the project has started and after.
func TestServerCutsSilentClients(t *testing.T) {
	t.Run("started", func(t *testing.T) { testSilentClients(t, true) })
	t.Run("not started", func(t *testing.T) { testSilentClients(t, false) })
}

func testSilentClients(t *testing.T, started bool) {
	synctest.Test(t, func(t *testing.T) {
		cfg := Config{Stdout: io.Discard, Stderr: io.Discard}
		s := &server{cfg: cfg, out: newPrinter(cfg), plan: Plan{Stage: "dev"}}
		l := holdtest.Listen()
		s.open(l)
		s.serving.Store(started)
		served := make(chan error, 1)
		go func() { served <- s.web.Serve(gateway.KeepHeaderNames(s.web, l)) }() // closed below
		defer func() { _ = s.web.Close(); <-served }()
		for request, body := range map[string]time.Duration{
			"GET /x": 2 * time.Second, "GET /dev/": 2 * time.Second,
			"POST /dev/@connections/AAAAAAAAAAAAAAA=":   32 * time.Second,
			"POST /2015-03-31/functions/f/invocations":  32 * time.Second,
			"PUT /2015-03-31/functions/f/configuration": 2 * time.Second,
		} {
			if !started {
				body = 2 * time.Second // no handler reads it
			}
			head := request + " HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
			idle := time.Minute
			if !started {
				idle = 0 // each answer ends its connection
			}
			holdtest.Run(t, l.Dialer(t), head, holdtest.Limits{
				Head: 5 * time.Second, Body: body, Idle: idle,
			})
		}
	})
}

func TestStorageTags(t *testing.T) {
	const table, nats = "TABLE=Chat", "TYG_NATS_URL=nats://127.0.0.1:4222"
	for _, tt := range []struct {
		environ              []string
		functions, inProcess string
	}{
		{nil, "tyg.nats,tyg.local", "tyg.nats,tyg.local"},
		{[]string{nats}, "tyg.nats,tyg.local", "tyg.nats"},
		{[]string{table}, "tyg.dynamo", "tyg.dynamo"},
		{[]string{table, nats}, "tyg.dynamo", "tyg.dynamo,tyg.nats"},
		{[]string{"TABLE=", "TYG_NATS_URL="}, "tyg.nats,tyg.local", "tyg.nats,tyg.local"},
	} {
		if got := strings.Join(storageTags(tt.environ, nil), ","); got != tt.functions {
			t.Errorf("functions in %q: tags %s, want %s", tt.environ, got, tt.functions)
		}
		if got := strings.Join(inProcessTags(tt.environ), ","); got != tt.inProcess {
			t.Errorf("in one process in %q: tags %s, want %s", tt.environ, got, tt.inProcess)
		}
	}
	env := map[string]string{"TABLE": "Chat"}
	if got := storageTags(nil, env); !slices.Equal(got, []string{"tyg.dynamo"}) {
		t.Errorf("functions with a table: tags %q", got)
	}
}

// TestFunctionsMayStartSlowly: a machine may be busy, unless the configuration has another limit.
func TestFunctionsMayStartSlowly(t *testing.T) {
	s := new(server)
	if got := s.tune(functions.Function{}).InitTimeout; got != 30*time.Second {
		t.Errorf("a process may take %v to start, want 30s", got)
	}
	if got := s.tune(functions.Function{InitTimeout: time.Second}).InitTimeout; got != time.Second {
		t.Errorf("a process may take %v to start, want the second that is configured", got)
	}
}
