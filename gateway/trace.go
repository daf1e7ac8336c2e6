package gateway

import (
	"sync/atomic"
	"time"

	"github.com/tyg-dev/tyg"
)

// Trace holds functions that a Server calls when something happens. Each may be nil. They run on
// the goroutine on which it happens, many at the same time, and must return at once.
type Trace struct {
	// Refused is called for each handshake that did not become a connection.
	Refused func(status int, reason string)

	// Handled is called after each event.
	Handled func(e tyg.Event, d time.Duration, err error)

	// Throttled is called for each message that was not sent because the recipient's queue was full.
	Throttled func(id tyg.ConnID)
}

// Stats counts what a Server has done since it started.
type Stats struct {
	Connections int64            // open now
	Connects    int64            // handshakes accepted
	Refusals    int64            // handshakes refused
	Messages    int64            // messages received
	Sent        int64            // messages sent, one for each recipient
	Throttled   int64            // messages not sent because the queue was full
	Rests       int64            // times that a client was not read from, because of compression
	Failures    int64            // handlers that failed, panicked or took too long
	Closed      map[string]int64 // connections and sockets that have ended, by reason
	Refused     map[string]int64 // handshakes refused, by reason
	Held        int64            // bytes that count as Limits.Memory, now
	LogDrops    int64            // lines of Logger and AccessLog that were lost
}

// counters are the counts behind Stats.
type counters struct {
	connects, refusals, messages, sent, throttled, failures, rests atomic.Int64
}

// Stats returns the current counts. They are not read at one moment.
func (s *Server) Stats() Stats {
	return Stats{
		Connections: s.hub.size.Load(),
		Connects:    s.count.connects.Load(),
		Closed:      s.closed.byReason(),
		Refused:     s.refused.byCause(),
		LogDrops:    s.logQueue.Dropped() + s.access.Lost(),
		Refusals:    s.count.refusals.Load(),
		Messages:    s.count.messages.Load(),
		Sent:        s.count.sent.Load(),
		Throttled:   s.count.throttled.Load(),
		Failures:    s.count.failures.Load(),
		Rests:       s.count.rests.Load(),
		Held:        s.memory.used.Load() << 10,
	}
}
