package suite

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

	"github.com/tyg-dev/tyg"
)

// A Subject is a host under test.
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

// A Dial has what a client sends when it connects. The zero Dial sends nothing.
type Dial struct {
	Header       http.Header
	Query        url.Values
	Subprotocols []string // in order of preference

	// SourceIP is the client's address, 192.0.2.1 if empty. Only a host in memory can use it.
	SourceIP string
}

// Refused is the error of a handshake that was answered with an HTTP status other than 101.
type Refused struct {
	Status int
	Body   string
}

// Error returns the status and the body.
func (e *Refused) Error() string {
	return fmt.Sprintf("handshake refused with status %d: %s", e.Status, e.Body)
}
