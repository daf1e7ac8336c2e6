// Package probeserver serves the probe for "tyg conformance --self".
package probeserver

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

// timeScale is how much faster time limits pass where they are tested.
const timeScale = 600

// A Server serves the probe.
type Server struct {
	ctx     context.Context // of the servers
	cancel  context.CancelFunc
	serving sync.WaitGroup
	secrets map[string]string
}

// Start serves the probe three times and completes the target: as it is, bare, and with time limits
// that pass faster, which other cases must not depend on.
func Start(ctx context.Context, target *conformance.Target) (*Server, error) {
	target.Credentials = conformance.Credentials{AccessKeyID: "SELF", SecretAccessKey: "self-secret"}
	target.TimeScale = timeScale
	s := &Server{secrets: map[string]string{"SELF": "self-secret"}}
	s.ctx, s.cancel = context.WithCancel(ctx)
	var err error
	if target.URL, err = s.start(probelib.WithOpen(probelib.New()), 1); err != nil {
		return nil, err
	}
	if target.Bare, err = s.start(probelib.NewBare(), 1); err != nil {
		return nil, err
	}
	target.Timed.URL, err = s.start(probelib.New(), timeScale)
	return s, err
}

// start serves an application and returns where. If it cannot, it stops the others.
func (s *Server) start(app *tyg.App, scale float64) (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		s.Stop()
		return "", fmt.Errorf("serve the probe: %w", err)
	}
	s.serving.Go(func() { // Stop ends it and waits for it
		// If it fails, cases fail, too.
		_ = host.Serve(s.ctx, app, host.Config{
			Listener: l, TimeScale: scale, Secrets: s.secrets, Logger: slog.New(slog.DiscardHandler),
		})
	})
	return "ws://" + l.Addr().String() + "/api", nil
}

// Stop ends the servers and waits for them.
func (s *Server) Stop() {
	s.cancel()
	s.serving.Wait()
}
