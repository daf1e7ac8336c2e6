package chatlib

import (
	"context"
	"maps"
	"sync"
	"time"

	"github.com/tyg-dev/tyg"
)

// admit reports whether a message of this client may be looked at, and does with the client what
// there is to do if not.
func (c *Chat) admit(ctx context.Context, id tyg.ConnID, limits Limits) (bool, error) {
	switch c.floods.take(id, time.Now(), limits) {
	case pass:
		return true, nil
	case warn:
		return false, c.reply(ctx, id, slowDown)
	case hangUp:
		c.log().WarnContext(ctx, "close flooding connection", "conn", id)
		if err := c.reply(ctx, id, tooFast); err != nil {
			return false, err
		}
		return false, c.settle(ctx, c.Sender.Close(ctx, id))
	}
	return false, nil
}

// A verdict is what happens to a message.
type verdict int

const (
	pass   verdict = iota
	warn           // drop it and say so: the first that is dropped
	drop           // drop it
	hangUp         // drop it and close the connection
)

// floods counts the messages of each connection: a token bucket each. The zero value is ready to
// use.
type floods struct {
	mu      sync.Mutex
	buckets map[tyg.ConnID]bucket // a connection without one has a full bucket
	crowd   int                   // the number of buckets at which the full ones are thrown out
}

// A bucket is owned by floods and guarded by its mutex.
type bucket struct {
	full    time.Time // when it will be, or was, full again
	dropped int       // messages since it was last full
}

// take takes one message's worth from the bucket of a connection.
func (f *floods) take(id tyg.ConnID, now time.Time, l Limits) verdict {
	f.mu.Lock()
	defer f.mu.Unlock()
	b := f.buckets[id]
	if !b.full.After(now) {
		b = bucket{full: now}
	}
	v := b.take(now, l)
	f.put(id, b, now)
	return v
}

func (b *bucket) take(now time.Time, l Limits) verdict {
	if full := b.full.Add(l.Refill); full.Sub(now) <= time.Duration(l.Burst)*l.Refill {
		b.full = full
		return pass
	}
	b.dropped++
	switch b.dropped {
	case l.Patience:
		return hangUp
	case 1:
		return warn
	}
	return drop
}

// put keeps a bucket. Not all hosts promise a disconnect event, so now and then it throws out those
// that are full again: they say nothing that a missing one does not.
func (f *floods) put(id tyg.ConnID, b bucket, now time.Time) {
	if f.buckets == nil {
		f.buckets = make(map[tyg.ConnID]bucket)
	}
	f.buckets[id] = b
	if len(f.buckets) < max(f.crowd, 1024) {
		return
	}
	maps.DeleteFunc(f.buckets, func(_ tyg.ConnID, b bucket) bool { return !b.full.After(now) })
	f.crowd = 2 * len(f.buckets)
}

func (f *floods) forget(id tyg.ConnID) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.buckets, id)
}
