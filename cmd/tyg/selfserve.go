package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"sync"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/examples/probe/probelib"
	"github.com/tyg-dev/tyg/host"
	"github.com/tyg-dev/tyg/internal/conformance"
)

// selfScale is how much faster time limits pass with "tyg conformance --self".
const selfScale = 600

// A selfServe serves the probe for "tyg conformance --self".
type selfServe struct {
	ctx     context.Context // of the servers
	cancel  context.CancelFunc
	serving sync.WaitGroup
	secrets map[string]string
}

// serve serves the probe three times and makes it the target: as it is, bare, and with time limits
// that pass faster, so that other cases need not suffer from those.
func (c *conformanceRun) serve(ctx context.Context) (*selfServe, error) {
	c.target.Credentials = conformance.Credentials{AccessKeyID: "SELF", SecretAccessKey: "self-secret"}
	c.target.TimeScale = selfScale
	s := &selfServe{secrets: map[string]string{"SELF": "self-secret"}}
	s.ctx, s.cancel = context.WithCancel(ctx)
	var err error
	if c.target.URL, err = s.start(probelib.New(), 1); err != nil {
		return nil, err
	}
	if c.target.Bare, err = s.start(probelib.NewBare(), 1); err != nil {
		return nil, err
	}
	c.target.Timed.URL, err = s.start(probelib.New(), selfScale)
	return s, err
}

// start serves an application and returns where. If it cannot, it stops the others.
func (s *selfServe) start(app *tyg.App, scale float64) (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		s.stop()
		return "", fmt.Errorf("serve the probe: %w", err)
	}
	s.serving.Go(func() { // stop ends it and waits for it
		// If it fails, so do cases.
		_ = host.Serve(s.ctx, app, host.Config{
			Listener: l, TimeScale: scale, Secrets: s.secrets, Logger: slog.New(slog.DiscardHandler),
		})
	})
	return "ws://" + l.Addr().String() + "/api", nil
}

func (s *selfServe) stop() {
	s.cancel()
	s.serving.Wait()
}
