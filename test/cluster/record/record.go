// Package record is what a node of test/cluster tells the program that started it: lines of JSON on
// its standard output.
package record

import (
	"errors"
	"strings"

	"github.com/tyg-dev/tyg"
)

// A Setup is what a node is to be. It is the node's only argument, as JSON.
type Setup struct {
	Node, NATS, Cluster, Disconnects string
	Replicas                         int

	// The constants of cluster.Config, in milliseconds; 0 is the default.
	Heartbeat, Suspect, Dead, Renew, Fence, Retry, Timeout, Redeliver int64

	SweepRate int
	Drain     int64 // how long the node has to stop, in milliseconds
	Ping      int64 // of gateway.Extensions, in milliseconds
}

// A Kind says what a Record is about.
type Kind string

const (
	Up    Kind = "up"    // the node serves at Addr
	Send  Kind = "send"  // a message to one connection
	Group Kind = "group" // a message to all
	Begin Kind = "begin" // a handler
	End   Kind = "end"
	Quiet Kind = "quiet" // no sender sends any more
	Late  Kind = "late"  // the node did not run for By, until At
)

// A Record is one line. Times are Unix times in nanoseconds.
type Record struct {
	Kind Kind   `json:"kind"`
	Node string `json:"node,omitempty"`
	At   int64  `json:"at,omitempty"`
	Addr string `json:"addr,omitempty"`

	// Of Send and Group. Its error is one of those of Name.
	Sender  string `json:"sender,omitempty"`
	Number  int    `json:"number,omitempty"`
	To      string `json:"to,omitempty"`
	Local   bool   `json:"local,omitempty"` // To is a connection of the node
	Started int64  `json:"started,omitempty"`
	Err     string `json:"err,omitempty"`

	// Of Begin and End.
	Event   string `json:"event,omitempty"` // connect, open, message or disconnect
	Conn    string `json:"conn,omitempty"`
	Request string `json:"request,omitempty"`
	Message int    `json:"message,omitempty"`
	Code    int    `json:"code,omitempty"`
	Reason  string `json:"reason,omitempty"`

	By int64 `json:"by,omitempty"` // of Late, in nanoseconds
}

// A Command is what a node is told, as lines of JSON on its standard input.
type Command struct {
	Talk bool     `json:"talk"`           // else its senders stop
	IDs  []string `json:"ids,omitempty"`  // whom to send to
	Past []string `json:"past,omitempty"` // connections that are over, to send to at times
}

// The names of errors.
const (
	Gone        = "gone"
	Unavailable = "unavailable"
	Unknown     = "unknown"
	Throttled   = "throttled"
)

// Name returns the name of an error of a send, or its text.
func Name(err error) string {
	switch {
	case err == nil:
		return ""
	case errors.Is(err, tyg.ErrGone):
		return Gone
	case errors.Is(err, tyg.ErrOutcomeUnknown):
		return Unknown
	case errors.Is(err, tyg.ErrUnavailable):
		return Unavailable
	case errors.Is(err, tyg.ErrThrottled):
		return Throttled
	}
	return strings.ToValidUTF8(err.Error(), "?")
}
