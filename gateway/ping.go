package gateway

import (
	"os"
	"time"

	"github.com/tyg-dev/tyg/internal/ws"
)

// enforcePing reports whether a client is to be pinged, because it was silent for d. It closes the
// socket of one that was silent for twice as long and has had time to answer.
func (c *session) enforcePing(now int64, d time.Duration) bool {
	since := c.silentSince.Load()
	silent, pinged := time.Duration(now-since), c.lastPing.Load()
	switch {
	case since == 0: // a handler runs: nothing is read
	case silent > d && pinged <= since:
		c.lastPing.Store(now)
		c.sock.Await(0) // what has come of a large frame counts, too
		return true
	case silent > 2*d && time.Duration(now-pinged) > d/2 && !c.isDraining():
		c.markLost(os.ErrDeadlineExceeded, atPing)
		_ = c.sock.Close() // Ended follows
	}
	return false
}

// nextPing returns before when enforcePing has nothing to do.
func (c *session) nextPing(now, d int64) int64 {
	since := c.silentSince.Load()
	switch {
	case since == 0:
		return now + d // the clock starts anew
	case c.lastPing.Load() > since:
		return since + 2*d
	}
	return since + d
}

// pings are clients to ping. Those of one moment are many, and get their pings as the recipients of
// a broadcast do, with few system calls.
type pings struct {
	srv *Server
	to  []*session
}

// pingsAtOnce is how many clients are collected, so that the first need not wait for all.
const pingsAtOnce = 256

func (p *pings) add(c *session) {
	if p.to = append(p.to, c); len(p.to) == pingsAtOnce {
		p.send()
	}
}

// send sends the pings (RFC 6455 section 5.5.2).
func (p *pings) send() {
	if len(p.to) == 0 {
		return
	}
	frame := ws.AppendFrame(nil, ws.OpPing, nil) // which all share
	b := p.srv.newBatch(len(p.to))
	defer flushBatch(b)
	for _, c := range p.to {
		c.mu.Lock()
		if c.checkQueueLocked(0) == nil {
			c.queueSharedLocked(frame)
		}
		c.flushBatchUnlock(b)
	}
	clear(p.to)
	p.to = p.to[:0]
}
