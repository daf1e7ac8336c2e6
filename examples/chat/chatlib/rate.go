package chatlib

import (
	"context"
	"maps"
	"sync"
	"time"

	"github.com/tyg-dev/tyg"
)

// admit reports whether a message of this client may be handled. If not, it warns or disconnects
// the client as decided.
func (c *Chat) admit(ctx context.Context, id tyg.ConnID, limits Limits) (bool, error) {
	switch c.rates.decide(id, time.Now(), limits) {
	case pass:
		return true, nil
	case warn:
		return false, c.reply(ctx, id, slowDown)
	case disconnect:
		c.log().WarnContext(ctx, "close flooding connection", "conn", id)
		if err := c.reply(ctx, id, tooFast); err != nil {
			return false, err
		}
		return false, c.handleSent(ctx, c.Sender.Close(ctx, id))
	}
	return false, nil
}

// A decision is what to do with a message.
type decision int

const (
	pass       decision = iota
	warn                // drop it and warn the client: the first that is dropped
	drop                // drop it
	disconnect          // drop it and close the connection
)

// A rateLimiter has a token bucket for the messages of each connection. The zero value is ready to
// use.
type rateLimiter struct {
	mu      sync.Mutex
	buckets map[tyg.ConnID]bucket // a connection without one has a full bucket
	pruneAt int                   // the number of buckets at which full ones are deleted
}

// A bucket is owned by floods and guarded by its mutex.
type bucket struct {
	full    time.Time // when it will be full again, or was
	dropped int       // messages since it was last full
}

// decide counts a message of a connection and decides what to do with it.
func (f *rateLimiter) decide(id tyg.ConnID, now time.Time, l Limits) decision {
	f.mu.Lock()
	defer f.mu.Unlock()
	b := f.buckets[id]
	if !b.full.After(now) {
		b = bucket{full: now}
	}
	d := b.take(now, l)
	f.put(id, b, now)
	return d
}

func (b *bucket) take(now time.Time, l Limits) decision {
	if full := b.full.Add(l.Refill); full.Sub(now) <= time.Duration(l.Burst)*l.Refill {
		b.full = full
		return pass
	}
	b.dropped++
	switch b.dropped {
	case l.Patience:
		return disconnect
	case 1:
		return warn
	}
	return drop
}

// put stores a bucket. Not every host guarantees a disconnect event, so put sometimes deletes the
// buckets that are full again, which mean the same as missing ones.
func (f *rateLimiter) put(id tyg.ConnID, b bucket, now time.Time) {
	if f.buckets == nil {
		f.buckets = make(map[tyg.ConnID]bucket)
	}
	f.buckets[id] = b
	if len(f.buckets) < max(f.pruneAt, 1024) {
		return
	}
	maps.DeleteFunc(f.buckets, func(_ tyg.ConnID, b bucket) bool { return !b.full.After(now) })
	f.pruneAt = 2 * len(f.buckets)
}

func (f *rateLimiter) forget(id tyg.ConnID) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.buckets, id)
}
