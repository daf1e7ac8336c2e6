package natskv

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/rooms"
)

// An index is a copy of the bucket, as a watch has shown it up to a revision.
type index struct {
	mu sync.RWMutex
	contents
	waiters []waiter // guarded by mu
	lost    bool     // the watch is: the bucket may be another one, with revisions of its own
}

// contents are the part of an index that a new watch replaces as a whole.
type contents struct {
	applied uint64 // the last revision that is included
	members map[tyg.ConnID]*row
	names   map[string]*row // by Fold
	rooms   map[string]*room
	claims  map[string]claim // by Fold; only for the sweep
}

// A waiter is a caller that waits for a revision.
type waiter struct {
	rev  uint64
	done chan struct{}
}

func newContents() contents {
	return contents{
		members: make(map[tyg.ConnID]*row),
		names:   make(map[string]*row),
		rooms:   make(map[string]*room),
		claims:  make(map[string]claim),
	}
}

// replace replaces the contents, perhaps by those of a bucket that was created anew.
func (x *index) replace(fresh contents) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.contents, x.lost = fresh, false
	x.wakeWaiters()
}

// lose makes those that wait wait for the next contents.
func (x *index) lose() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.lost = true
}

// apply applies an entry that a watch has shown. Entries come in the order of their revisions.
func (x *index) apply(e entry) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.contents.apply(e)
	x.wakeWaiters()
}

// wakeWaiters ends the wait for revisions that are applied. There are as many waiters as changes
// under way.
func (x *index) wakeWaiters() {
	x.waiters = slices.DeleteFunc(x.waiters, func(w waiter) bool {
		if w.rev > x.applied {
			return false
		}
		close(w.done)
		return true
	})
}

// wait waits until a revision is in the index.
func (x *index) wait(ctx context.Context, rev uint64) error {
	x.mu.Lock()
	if rev <= x.applied && !x.lost {
		x.mu.Unlock()
		return nil
	}
	w := waiter{rev: rev, done: make(chan struct{})}
	x.waiters = append(x.waiters, w)
	x.mu.Unlock()
	select {
	case <-w.done:
		return nil
	case <-ctx.Done():
		x.removeWaiter(w)
		return context.Cause(ctx)
	}
}

func (x *index) removeWaiter(w waiter) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.waiters = slices.DeleteFunc(x.waiters, func(o waiter) bool { return o == w })
}

// apply ignores keys and values that it does not understand, which a newer version may have
// written.
func (c *contents) apply(e entry) {
	c.applied = e.rev
	if id, ok := decodeKey(e.key, memberPrefix); ok {
		c.remove(tyg.ConnID(id))
		if is, err := e.row(); e.exists() && err == nil {
			c.add(&is)
		}
	}
	if fold, ok := decodeKey(e.key, claimPrefix); ok {
		delete(c.claims, fold)
		if claim, err := e.claim(); e.exists() && err == nil {
			c.claims[fold] = claim
		}
	}
}

func (c *contents) add(is *row) {
	c.members[is.ID] = is
	if is.Name != "" {
		c.names[rooms.Fold(is.Name)] = is
	}
	if is.Room == "" {
		return
	}
	r := c.rooms[is.Room]
	if r == nil {
		r = new(room)
		c.rooms[strings.Clone(is.Room)] = r
	}
	r.add(is)
}

func (c *contents) remove(id tyg.ConnID) {
	was, ok := c.members[id]
	if !ok {
		return
	}
	delete(c.members, id)
	// Another member may have the name already, if this change arrives late.
	if fold := rooms.Fold(was.Name); c.names[fold] == was {
		delete(c.names, fold)
	}
	if r := c.rooms[was.Room]; r != nil {
		r.remove(was)
		if len(r.order) == 0 {
			delete(c.rooms, was.Room)
		}
	}
}

func (x *index) get(id tyg.ConnID, now time.Time) (rooms.Member, error) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return found(x.members[id], now)
}

func (x *index) find(name string, now time.Time) (rooms.Member, error) {
	fold := rooms.Fold(name)
	x.mu.RLock()
	defer x.mu.RUnlock()
	return found(x.names[fold], now)
}

func found(is *row, now time.Time) (rooms.Member, error) {
	if is == nil || is.expired(now) {
		return rooms.Member{}, rooms.ErrNoMember
	}
	return is.member(), nil
}

func (x *index) inRoom(name string, now time.Time) []rooms.Member {
	x.mu.RLock()
	defer x.mu.RUnlock()
	if r := x.rooms[name]; r != nil {
		return r.members(now)
	}
	return nil
}

func (x *index) roomNames(now time.Time) []string {
	x.mu.RLock()
	defer x.mu.RUnlock()
	var names []string
	for name, r := range x.rooms {
		if !r.empty(now) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}
