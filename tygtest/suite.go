package tygtest

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/tygtest/internal/grouptest"
	"github.com/tyg-dev/tyg/tygtest/internal/hosttest"
	"github.com/tyg-dev/tyg/tygtest/internal/sendertest"
	"github.com/tyg-dev/tyg/tygtest/internal/suite"
)

// TestHost checks that a host keeps what package tyg promises to applications: when handlers are
// called, with which events, and what clients see of the outcome. start starts a new host that
// runs h and stops when the test ends; it is called once for each case. A case that fails prints
// the rule that was broken.
//
// The host must have API Gateway's limits and defaults. [TestSender] checks its Sender; run
// both.
func TestHost(t *testing.T, start func(t *testing.T, h tyg.Handler) Subject) {
	t.Helper()
	hosttest.Run(t, adapt(start))
}

// TestSender checks that a sender keeps what [tyg.Sender] promises, for connections of the host
// that start starts. It is like [TestHost] in everything else.
func TestSender(t *testing.T, start func(t *testing.T, h tyg.Handler) Subject) {
	t.Helper()
	sendertest.Run(t, adapt(start))
}

// TestGroups checks that a host keeps what [tyg.Group], [tyg.Value] and [tyg.State] promise. It is
// like [TestHost] in everything else.
func TestGroups(t *testing.T, start func(t *testing.T, h tyg.Handler) Subject) {
	t.Helper()
	grouptest.Run(t, adapt(start))
}

// A Subject is a host under test by [TestHost], [TestSender] or [TestGroups].
type Subject struct {
	// Sender is the Sender that the host gives to handlers.
	Sender tyg.Sender

	// Binary reports whether the host accepts and sends binary messages. A host that does not must
	// close connections that send them with code 1003, and refuse sends with tyg.ErrBinary.
	Binary bool

	// LateOpen reports whether open may run some time after the handshake, as on AWS, where it is an
	// invocation of its own: then it need not come before the first message or the disconnect.
	LateOpen bool

	// Dial connects a client. Its error is a [*Refused] when the handshake was answered with a
	// status other than 101. It may be called from many goroutines.
	Dial func(ctx context.Context, d Dial) (Socket, error)
}

// A Socket is the client's end of a connection. Read and Write may be called at the same time.
type Socket interface {
	// Subprotocol returns the subprotocol that the host has selected, or "".
	Subprotocol() string

	// Write sends a message, in as many frames as the host asks for (API Gateway takes 32 KB in
	// one). It must not wait until the message was handled.
	Write(ctx context.Context, t tyg.MessageType, data string) error

	// Read returns the next message from the host. Once the connection has ended, its error is
	// a [*Closed].
	Read(ctx context.Context) (t tyg.MessageType, data string, err error)

	// Close sends a close frame, one without a code if code is 1005.
	Close(code tyg.CloseCode, reason string) error

	// Drop loses the connection without a close frame.
	Drop() error
}

// Closed is the error of a connection that has ended: the code and reason that its client saw.
type Closed struct {
	Code   tyg.CloseCode // tyg.CloseAbnormal if there was no close frame
	Reason string
}

// Error returns the code and the reason.
func (e *Closed) Error() string {
	return fmt.Sprintf("connection is closed with code %d %q", e.Code, e.Reason)
}

// adapt makes start fit the suites, which have types of their own because they cannot import this
// package.
func adapt(start func(*testing.T, tyg.Handler) Subject) suite.Start {
	return func(t *testing.T, h tyg.Handler) suite.Subject {
		s := start(t, h)
		dial := func(ctx context.Context, d suite.Dial) (suite.Socket, error) {
			socket, err := s.Dial(ctx, Dial(d))
			if refused, ok := errors.AsType[*Refused](err); ok {
				return nil, (*suite.Refused)(refused)
			}
			if err != nil {
				return nil, err
			}
			return suiteSocket{socket}, nil
		}
		return suite.Subject{
			Sender: s.Sender, Binary: s.Binary, LateOpen: s.LateOpen, Dial: dial,
		}
	}
}

// A suiteSocket is a Socket whose error is a *suite.Closed.
type suiteSocket struct{ Socket }

// Read returns the next message.
func (s suiteSocket) Read(ctx context.Context) (tyg.MessageType, string, error) {
	kind, data, err := s.Socket.Read(ctx)
	if closed, ok := errors.AsType[*Closed](err); ok {
		err = (*suite.Closed)(closed)
	}
	return kind, data, err
}
