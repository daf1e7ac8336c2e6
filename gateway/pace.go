package gateway

import (
	"sync/atomic"
	"time"
)

// A pace says whether the handlers of a connect are fast. Those of most applications compute and
// return; they run on the goroutine that reads from all sockets of a processor, which saves two
// switches of goroutines, a third of what a handshake costs beside the kernel's part. A handler
// that calls a database would have those sockets wait for a moment, until another goroutine reads
// from them. So where more than one in 64 is slow, handshakes get goroutines of their own.
type pace struct{ slowness atomic.Int32 }

const (
	slowConnect   = 200 * time.Microsecond
	connectWeight = 64 // what a slow one adds to slowness, of which a fast one takes 1
	fastUpTo      = 2 * connectWeight
	slowestPace   = 16 * connectWeight
)

// isFast reports whether handlers are fast lately.
func (p *pace) isFast() bool { return p.slowness.Load() <= fastUpTo }

// record counts a handler that began at start and has returned now.
func (p *pace) record(start time.Time) {
	d := time.Since(start)
	switch slowness := p.slowness.Load(); {
	case d > slowConnect && slowness < slowestPace:
		p.slowness.Add(connectWeight)
	case d <= slowConnect && slowness > 0:
		p.slowness.Add(-1)
	}
}

// answersInTurn reports whether handshakes are answered within the turns of their sockets.
// Authorizers most often ask another service.
func (s *Server) answersInTurn() bool { return s.authorizer == nil && s.pace.isFast() }
