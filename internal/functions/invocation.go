package functions

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"
)

const (
	// MaxPayload is how large an event may be, in bytes.
	// (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html)
	MaxPayload = 6 << 20

	// maxClientContext is how large a client context may be, in bytes: 3,583 in base64.
	// (https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html)
	maxClientContext = 3583 / 4 * 3
)

// An Invocation is one event for a function.
type Invocation struct {
	// Function is the name of the function.
	Function string

	// Payload is the event: JSON, [MaxPayload] bytes at most. It is not kept and not changed.
	Payload []byte

	// RequestID names the event to the function and in its log: letters, digits, "-", "_" and "=".
	// Empty means a new UUID.
	RequestID string

	// ClientContext is JSON that the function gets as it is. It may be empty.
	ClientContext []byte

	// TraceParent is the trace context of the caller, which the function finds in its trace id. One
	// that is not valid counts as empty.
	// (https://www.w3.org/TR/trace-context/#traceparent-header)
	TraceParent string

	// NoWait fails at once with [ErrThrottled] if all processes are busy and no more may be started,
	// as Lambda does, unless the function has Queue set. Without it the event waits until the context
	// ends.
	NoWait bool

	// Tail asks for the end of the function's log in [Result.Log].
	Tail bool
}

// A Result is the outcome of an Invocation.
type Result struct {
	// Payload is the reply of the function. It belongs to the caller. If the function failed, it is
	// the payload of Lambda's Invoke API: JSON with errorMessage and errorType.
	Payload []byte

	// RequestID is the id of the event.
	RequestID string

	// Duration is how long the function took, without the time in the queue and of a start.
	Duration time.Duration

	// Init is how long the process took to start if this event was its first, else zero.
	Init time.Duration

	// Log is the end of the function's log, 4 KB at most, if [Invocation.Tail] is set.
	Log []byte
}

// check sets a missing RequestID and reports a field that cannot be sent.
func (inv *Invocation) check(limit int) error {
	if inv.RequestID == "" {
		inv.RequestID = NewRequestID()
	}
	if len(inv.Payload) > limit {
		return fmt.Errorf("invoke %q with %d bytes, more than %d: %w",
			inv.Function, len(inv.Payload), limit, ErrTooLarge)
	}
	for i := range len(inv.RequestID) {
		if c := inv.RequestID[i]; !isWord(c) && c != '=' {
			return fmt.Errorf("invoke %q: request id %q is not letters, digits, -, _ and =",
				inv.Function, inv.RequestID)
		}
	}
	return inv.checkContext()
}

// checkContext makes the client context one line, because it is sent as a header.
func (inv *Invocation) checkContext() error {
	if len(inv.ClientContext) == 0 {
		return nil
	}
	var line bytes.Buffer
	if err := json.Compact(&line, inv.ClientContext); err != nil {
		return fmt.Errorf("invoke %q: client context: %w", inv.Function, err)
	}
	if line.Len() > maxClientContext {
		return fmt.Errorf("invoke %q: client context of %d bytes: %w",
			inv.Function, line.Len(), ErrTooLarge)
	}
	inv.ClientContext = line.Bytes()
	return nil
}

// NewRequestID returns a UUID of version 4 (RFC 9562 section 5.4), as Lambda names events.
func NewRequestID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // it never fails
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	var s [36]byte
	hex.Encode(s[:8], b[:4])
	hex.Encode(s[9:13], b[4:6])
	hex.Encode(s[14:18], b[6:8])
	hex.Encode(s[19:23], b[8:10])
	hex.Encode(s[24:], b[10:])
	s[8], s[13], s[18], s[23] = '-', '-', '-', '-'
	return string(s[:])
}
