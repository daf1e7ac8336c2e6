package tyg

import (
	"errors"
	"fmt"
	"iter"
)

// What can be wrong with a connection that was sent to. Test for them with [errors.Is]; the error
// itself is a [*ConnError] and carries the id.
var (
	// ErrGone means that the connection is over, or was never made. It is final: forget the id.
	ErrGone = errors.New("connection is gone")

	// ErrThrottled means that the client does not keep up, or that the host is asked for too much.
	// The message was not sent; try again later.
	ErrThrottled = errors.New("too much is waiting for the connection")

	// ErrTooLarge means that the message is over the host's limit, 128 KB at API Gateway.
	ErrTooLarge = errors.New("message is too large")

	// ErrNotText means that the message is not valid UTF-8 and was not sent with [Binary].
	ErrNotText = errors.New("message is not valid UTF-8 text")

	// ErrBinary means that the host does not send binary messages. API Gateway never does; a gateway
	// of one's own does if its Extensions.Binary is set.
	ErrBinary = errors.New("this host does not send binary messages")

	// ErrInvalidID means that the id is not one that any host has ever made.
	ErrInvalidID = errors.New("not a connection id")

	// ErrUnavailable means that the machine that holds the connection cannot be reached at the
	// moment, and that the message was certainly not delivered. The connection may be alive: keep
	// the id, and try again later. Only hosts of many machines return it.
	ErrUnavailable = errors.New("the machine that holds the connection cannot be reached")

	// ErrOutcomeUnknown means that the machine that holds the connection did not answer in time: the
	// message was delivered, or will be within a second, or never will be. To try again may deliver
	// it twice. Only hosts of many machines return it.
	ErrOutcomeUnknown = errors.New("no answer from the machine that holds the connection")
)

// ErrNotOpen is the error of a send to one's own connection while connect runs: the client has no
// answer to its handshake yet. It is [ErrGone] too, which is what API Gateway says
// (https://repost.aws/knowledge-center/410-gone-api-gateway).
var ErrNotOpen = fmt.Errorf("%w: it is not open yet while connect runs; send from OnOpen", ErrGone)

// ErrInvalidGroup means that there can be no such group, or that it is that of all connections, of
// which members are neither added nor removed.
var ErrInvalidGroup = errors.New("not a group for this")

// ErrConflict means that a value was set meanwhile, so that it was not set. Load it and try again,
// as [Value.Update] does.
var ErrConflict = errors.New("the value was set by another caller meanwhile")

// ErrUnbound is what [App.Sender], groups and values return before a host runs the application.
var ErrUnbound = errors.New("the application is not running on any host yet")

// A ConnError is a failure that concerns one connection.
type ConnError struct {
	Op  string // what failed: "send", "close", "info", "add" or "remove", "load" or "store"
	ID  ConnID
	Err error // why it failed; one of this package's Err values, or the host's own
}

// Error says what was tried on which connection, and why it failed.
func (e *ConnError) Error() string { return fmt.Sprintf("%s %s: %v", e.Op, e.ID, e.Err) }

// Unwrap returns e.Err.
func (e *ConnError) Unwrap() error { return e.Err }

// Failures walks the recipients that an error of [Sender.SendMany] speaks of, each with what went
// wrong for it. It understands the error of a single send too, and a nil error has no failures. An
// error that speaks of no recipient at all, such as [ErrTooLarge], yields nothing.
//
//	err := s.SendMany(ctx, ids, data)
//	for id, err := range tyg.Failures(err) {
//		if errors.Is(err, tyg.ErrGone) {
//			store.Remove(ctx, id)
//		}
//	}
func Failures(err error) iter.Seq2[ConnID, error] {
	return func(yield func(ConnID, error) bool) { walk(err, yield) }
}

// walk yields the ConnErrors below err and reports whether to go on.
func walk(err error, yield func(ConnID, error) bool) bool {
	switch e := err.(type) {
	case *ConnError:
		return yield(e.ID, e.Err)
	case interface{ Unwrap() []error }:
		for _, err := range e.Unwrap() {
			if !walk(err, yield) {
				return false
			}
		}
	case interface{ Unwrap() error }:
		return walk(e.Unwrap(), yield)
	}
	return true
}

// Reject returns an error by which a connect handler refuses the handshake with an HTTP status from
// 300 to 599. The reason is the text that the client gets, in the body of the response; browsers do
// not show it. From any other handler it is an error like all others.
//
// A status outside that range does not refuse anything; hosts answer it with 502.
func Reject(status int, reason string) error {
	return &Rejection{Status: status, Reason: reason}
}

// A Rejection is the error that [Reject] makes.
type Rejection struct {
	Status int    // HTTP status, 300 to 599
	Reason string // for the client
}

// Error says with what the connection was refused.
func (r *Rejection) Error() string {
	return fmt.Sprintf("connection refused with status %d: %s", r.Status, r.Reason)
}
