package tyg

import (
	"context"
	"fmt"
	"time"
)

// A ConnID names a connection. It is opaque: 16 characters, never used again, and never a
// credential. It ends with "=", so escape it in URLs.
type ConnID string

// A Sender reaches connections by id, from anywhere: inside a handler or outside, on the machine
// that holds the socket or not. All methods may be called at the same time from many goroutines.
//
// A message is text and must be valid UTF-8, or the error is [ErrNotText]; with the option [Binary]
// it is any bytes. Hosts that cannot send binary messages, API Gateway among them, return
// [ErrBinary]. A Sender has copied data, or is done with it, when it returns. Two sends to one
// connection from one goroutine arrive in that order.
//
// A nil error means accepted for a connection that was alive, not seen by the person at the other
// end. Errors about one connection are of type [*ConnError] and wrap one of this package's Err
// values.
type Sender interface {
	// Send sends one message to one connection. It does not wait for a slow client: where the
	// connection's queue is full, it fails with [ErrThrottled] and the connection stays.
	Send(ctx context.Context, id ConnID, data []byte, opts ...SendOption) error

	// SendMany sends one message to many connections and tries all of them, whatever happens to
	// some. It returns nil if all accepted it, else one error that [Failures] takes apart by
	// recipient. Recipients that are gone are reported, never tried again. A recipient that cannot
	// keep up may be disconnected with close code 1013, so that it does not hold up the others.
	SendMany(ctx context.Context, ids []ConnID, data []byte, opts ...SendOption) error

	// Close ends a connection; its client sees close code 1000. The disconnect event follows.
	Close(ctx context.Context, id ConnID) error

	// Info tells what is known of a live connection.
	Info(ctx context.Context, id ConnID) (Info, error)
}

// Info is what a Sender knows of a live connection: the answer of API Gateway's GET @connections.
type Info struct {
	ConnectedAt  time.Time // when the handshake arrived
	LastActiveAt time.Time // when a message last went either way
	SourceIP     string    // the client's address
	UserAgent    string    // the client's User-Agent, may be empty
}

// A MessageType is the type of a WebSocket message, text or binary. It is a [SendOption]: a handler
// that passes [Message].Type to Send answers in kind.
// (https://www.rfc-editor.org/rfc/rfc6455#section-5.6)
type MessageType uint8

// The types of messages. The zero MessageType is Text.
const (
	Text   MessageType = iota // valid UTF-8
	Binary                    // any bytes
)

// String returns "text" or "binary".
func (t MessageType) String() string {
	switch t {
	case Text:
		return "text"
	case Binary:
		return "binary"
	}
	return fmt.Sprintf("MessageType(%d)", uint8(t))
}

func (t MessageType) applyTo(s SendOptions) SendOptions {
	s.Type = t
	return s
}

// A SendOption changes how one message is sent. [Text] and [Binary] are SendOptions.
type SendOption interface{ applyTo(SendOptions) SendOptions }

// SendOptions are the options of one call combined, for implementations of [Sender]. The zero
// SendOptions send text.
type SendOptions struct {
	Type MessageType
}

// NewSendOptions returns what opts come to. Of two that contradict each other, the later counts.
func NewSendOptions(opts ...SendOption) SendOptions {
	var s SendOptions
	for _, o := range opts {
		s = o.applyTo(s)
	}
	return s
}
