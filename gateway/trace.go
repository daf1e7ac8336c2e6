package gateway

import (
	"sync/atomic"
	"time"

	"github.com/tyg-dev/tyg"
)

// Trace holds functions that are told what happens in a Server. Each may be nil. They are called on
// the goroutine it happens on, many at the same time, and must return at once.
type Trace struct {
	// Refused is called for each handshake that did not become a connection.
	Refused func(status int, reason string)

	// Handled is called after each event.
	Handled func(e tyg.Event, d time.Duration, err error)

	// Throttled is called for each message that found the queue of its recipient full.
	Throttled func(id tyg.ConnID)
}

// Stats counts what a Server has done since it started.
type Stats struct {
	Connections int64 // open now
	Connects    int64 // handshakes accepted
	Refusals    int64 // handshakes refused
	Messages    int64 // messages received
	Sent        int64 // messages sent, one for each recipient
	Throttled   int64 // messages that found a full queue
	Failures    int64 // handlers that failed, panicked or took too long
}

// counters are the Stats in the making.
type counters struct {
	connects, refusals, messages, sent, throttled, failures atomic.Int64
}

// Stats returns the counts as they are now. They are not all of one moment.
func (s *Server) Stats() Stats {
	return Stats{
		Connections: s.hub.size.Load(),
		Connects:    s.count.connects.Load(),
		Refusals:    s.count.refusals.Load(),
		Messages:    s.count.messages.Load(),
		Sent:        s.count.sent.Load(),
		Throttled:   s.count.throttled.Load(),
		Failures:    s.count.failures.Load(),
	}
}
