//go:build !tyg.lambda

package browsertest

import (
	"context"
	"io"
	"log/slog"
	"net"
	"testing"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/host"
)

// A Server serves applications with pages, one after another, at one address.
type Server struct {
	URL string // of the page

	t    testing.TB
	addr string
	stop func()
}

// Serve serves an application until the test ends.
func Serve(t testing.TB, app *tyg.App) *Server {
	t.Helper()
	s := &Server{t: t, addr: "127.0.0.1:0"}
	s.start(app)
	s.URL = "http://" + s.addr + "/"
	t.Cleanup(func() { s.stop() })
	return s
}

// Stop closes all connections, and the pages get no new ones.
func (s *Server) Stop() { s.stop() }

// Restart serves an application after Stop, as a program that was started again.
func (s *Server) Restart(app *tyg.App) {
	s.t.Helper()
	s.start(app)
}

func (s *Server) start(app *tyg.App) {
	s.t.Helper()
	l, err := net.Listen("tcp", s.addr)
	if err != nil {
		s.t.Fatal(err)
	}
	s.addr = l.Addr().String()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { // ends with ctx; stop waits for it
		defer close(done)
		quiet := slog.New(slog.NewTextHandler(io.Discard, nil))
		err := host.Serve(ctx, app, host.Config{Listener: l, Drain: time.Second, Logger: quiet})
		if err != nil {
			s.t.Errorf("serve: %v", err)
		}
	}()
	s.stop = func() {
		cancel()
		<-done
	}
}
