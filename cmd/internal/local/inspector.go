package local

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strconv"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/cmd/internal/webserver"
	"github.com/tyg-dev/tyg/internal/functions"
	"github.com/tyg-dev/tyg/internal/home"
	"github.com/tyg-dev/tyg/internal/hosts"
	"github.com/tyg-dev/tyg/internal/inspect"
	"github.com/tyg-dev/tyg/internal/inspect/recording"
)

// InspectOff is the address of no inspector.
const InspectOff = "off"

// newInspector returns the inspector of the gateway, whose functions are served by l.
func (s *server) newInspector(l net.Listener) *inspect.Inspector {
	if s.clients == nil {
		s.clients = l.Addr()
	}
	s.inspectToken = inspect.NewToken()
	return inspect.New(inspect.Config{
		Gateway: s.gateway, Name: s.name, URL: s.url(s.clients), Stage: s.plan.Stage,
		Token: s.inspectToken, Local: s.inspectIsLocal(), Functions: true,
	})
}

// inspectIsLocal reports whether only this machine can reach the inspector.
func (s *server) inspectIsLocal() bool {
	return s.cfg.Inspect == "" || hosts.IsLoopback(s.cfg.Inspect)
}

// serveInspector serves the inspector on a listener of its own: the application's pages have
// another origin, and clients on other machines another address.
func (s *server) serveInspector(failed chan<- error) error {
	if s.cfg.Inspect == InspectOff {
		return nil
	}
	l, err := s.listenInspector()
	if err != nil {
		return err
	}
	page := "http://" + reachable(l.Addr()) + "/"
	s.inspectURL = page + "#" + s.inspectToken
	s.pages.Home = home.Page{Name: s.name, Stage: s.plan.Stage, Inspector: page}
	s.inspectWeb = webserver.New(s.inspect, slog.New(logHandler{printer: s.out}))
	go func() { // close ends it
		if err := s.inspectWeb.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			failed <- fmt.Errorf("inspector: %w", err)
		}
	}()
	return nil
}

func (s *server) listenInspector() (net.Listener, error) {
	if s.cfg.Inspect != "" {
		l, err := listen(s.cfg.Inspect)
		if err != nil {
			return nil, fmt.Errorf("inspector: %w; or use --inspect off", err)
		}
		return l, nil
	}
	if tcp, ok := s.clients.(*net.TCPAddr); ok && tcp.Port < 65535 {
		next := net.JoinHostPort("127.0.0.1", strconv.Itoa(tcp.Port+1))
		if l, err := net.Listen("tcp", next); err == nil {
			return l, nil
		}
	}
	return listen("127.0.0.1:0")
}

// record records the session, if that is wanted, until endRecording.
func (s *server) record(failed chan<- error) error {
	if s.cfg.Record == "" {
		return nil
	}
	f, err := os.OpenFile(s.cfg.Record, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("record session: %w", err)
	}
	session := s.inspect.Record(recording.DefaultRules())
	ctx, stop := context.WithCancel(context.Background())
	over := make(chan error, 1)
	go func() { // endRecording ends it and waits
		err := session.Run(ctx, f)
		if err != nil {
			failed <- fmt.Errorf("record session: %w", err)
		}
		over <- err
	}()
	s.recording = func() error {
		stop()
		return cmp.Or(<-over, f.Close())
	}
	return nil
}

// endRecording ends the recording, if there is one.
func (s *server) endRecording() error {
	if s.recording == nil {
		return nil
	}
	end := s.recording
	s.recording = nil
	return end()
}

// line prints a line of a function.
func (s *server) line(l functions.Line) {
	s.out.line(l)
	s.inspect.Printed(l.Function, l.RequestID, l.Stream.String(), l.Text)
}

// started tells the inspector of an event that a function gets.
func (s *server) started(ctx context.Context, e functions.Start) {
	s.inspect.Started(ctx, e.Function, e.RequestID, e.TraceID)
}

// routed notes the route of an event.
func (s *server) routed(e tyg.Event) {
	s.events.routed(e)
	s.inspect.Routed(e)
}
