package tygtest

import (
	"context"
	"testing"

	"github.com/tyg-dev/tyg"
)

// NewSubject makes a Subject of a Host.
func NewSubject(t *testing.T, h *Host) Subject {
	return Subject{Sender: h, Binary: h.Binary, Dial: func(_ context.Context, d Dial) (Socket, error) {
		c, err := h.Try(d)
		if err != nil {
			return nil, err
		}
		return newSocket(t, c), nil
	}}
}

// A socket is a Client whose writes do not wait for the handler, as a Socket's must not.
type socket struct {
	client *Client
	work   chan func() // large enough for what a suite writes ahead
	done   chan struct{}
}

func newSocket(t *testing.T, c *Client) *socket {
	s := &socket{client: c, work: make(chan func(), 4096), done: make(chan struct{})}
	// Stopped and waited for at the end of the test.
	go func() {
		defer close(s.done)
		for f := range s.work {
			f()
		}
	}()
	t.Cleanup(func() {
		close(s.work)
		<-s.done
	})
	return s
}

func (s *socket) Subprotocol() string { return s.client.Subprotocol() }

func (s *socket) Write(_ context.Context, kind tyg.MessageType, data string) error {
	// A real socket does not report the error of a message either.
	s.work <- func() { _ = s.client.send(message{kind, data}) }
	return nil
}

func (s *socket) Read(ctx context.Context) (tyg.MessageType, string, error) {
	m, err := s.client.receive(ctx)
	return m.kind, m.data, err
}

func (s *socket) Close(code tyg.CloseCode, reason string) error {
	s.work <- func() { s.client.Close(code, reason) }
	return nil
}

// Drop does not wait for the writes: the socket is lost at once.
func (s *socket) Drop() error {
	s.client.Drop()
	return nil
}
