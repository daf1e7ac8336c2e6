package cluster

import (
	"cmp"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/tyg-dev/tyg/internal/connid"
)

// peers is what a node knows of the others.
type peers struct {
	suspectAfter time.Duration

	mu    sync.RWMutex
	alive map[connid.Incarnation]*peer
	dead  map[connid.Incarnation]time.Time // since when they are known to be
}

// A peer is a node that is not known to be dead.
type peer struct {
	inc   connid.Incarnation
	said  heartbeat
	heard time.Time // when it was last heard; zero: never, the registry has it
	since time.Time // since when it is known

	// The registry's revision of it that was read last, and when it was read first.
	rev   uint64
	revAt time.Time

	lag lag
}

func (p *peers) init(suspectAfter time.Duration) {
	p.suspectAfter = suspectAfter
	p.alive = make(map[connid.Incarnation]*peer)
	p.dead = make(map[connid.Incarnation]time.Time)
}

// hear notes a heartbeat. It reports whether the node is new.
func (p *peers) hear(inc connid.Incarnation, h heartbeat) bool {
	now := time.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, ok := p.dead[inc]; ok {
		return false
	}
	q, ok := p.alive[inc]
	if !ok {
		q = &peer{inc: inc, since: now}
		p.alive[inc] = q
	}
	isNew := q.heard.IsZero()
	q.heard, q.said = now, h
	q.lag.add(now, now.UnixNano()-h.Sent)
	return isNew
}

// list notes a node that the registry has.
func (p *peers) list(inc connid.Incarnation, e entry) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, ok := p.dead[inc]; ok || p.alive[inc] != nil {
		return
	}
	said := heartbeat{Node: e.Node, State: e.State}
	p.alive[inc] = &peer{inc: inc, since: time.Now(), said: said}
}

// bury notes that a node is dead. It reports false if that was known.
func (p *peers) bury(inc connid.Incarnation) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, ok := p.dead[inc]; ok {
		return false
	}
	delete(p.alive, inc)
	p.dead[inc] = time.Now()
	return true
}

// forget forgets the dead whose tombstones the registry has dropped.
func (p *peers) forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	maps.DeleteFunc(p.dead, func(_ connid.Incarnation, at time.Time) bool {
		return time.Since(at) > tombstoneTTL
	})
}

// A standing is what is known of a node.
type standing uint8

const (
	unknown standing = iota
	present
	suspect // silent for too long
	gone
)

// standing returns what is known of a node.
func (p *peers) standing(inc connid.Incarnation) standing {
	p.mu.RLock()
	defer p.mu.RUnlock()
	if _, ok := p.dead[inc]; ok {
		return gone
	}
	q := p.alive[inc]
	switch {
	case q == nil:
		return unknown
	case p.suspects(q):
		return suspect
	}
	return present
}

func (p *peers) suspects(q *peer) bool {
	patience := max(p.suspectAfter, suspectHeartbeats*q.said.every())
	return q.heard.IsZero() || time.Since(q.heard) > patience
}

// present returns the nodes that were heard lately, in the order of their incarnations.
func (p *peers) present() []connid.Incarnation {
	return p.where(func(q *peer) bool { return !p.suspects(q) })
}

// suspected returns the nodes that were not heard for d.
func (p *peers) suspected(d time.Duration) []connid.Incarnation {
	return p.where(func(q *peer) bool {
		return time.Since(later(q.heard, q.since)) > d
	})
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func (p *peers) where(f func(*peer) bool) []connid.Incarnation {
	p.mu.RLock()
	defer p.mu.RUnlock()
	list := make([]connid.Incarnation, 0, len(p.alive))
	for inc, q := range p.alive {
		if f(q) {
			list = append(list, inc)
		}
	}
	slices.Sort(list)
	return list
}

// stale notes the revision of a node's entry, and returns for how long it has been the same.
func (p *peers) stale(inc connid.Incarnation, rev uint64) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	q := p.alive[inc]
	if q == nil {
		return 0
	}
	if q.rev != rev || q.revAt.IsZero() {
		q.rev, q.revAt = rev, time.Now()
	}
	return time.Since(q.revAt)
}

// forgetRevision has stale begin anew.
func (p *peers) forgetRevision(inc connid.Incarnation) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if q := p.alive[inc]; q != nil {
		q.revAt = time.Time{}
	}
}

// localTime returns the time of this node's clock at which that of inc shows t, both as Unix time
// in nanoseconds.
func (p *peers) localTime(inc connid.Incarnation, t int64) int64 {
	p.mu.RLock()
	defer p.mu.RUnlock()
	if q := p.alive[inc]; q != nil {
		return t + q.lag.least()
	}
	return t
}

// snapshot returns all peers that are not dead.
func (p *peers) snapshot() []NodeInfo {
	p.mu.RLock()
	defer p.mu.RUnlock()
	var list []NodeInfo
	for inc, q := range p.alive {
		list = append(list, q.said.info(inc, q.heard, p.suspects(q)))
	}
	slices.SortFunc(list, func(a, b NodeInfo) int {
		return cmp.Or(cmp.Compare(a.Node, b.Node), cmp.Compare(a.Incarnation, b.Incarnation))
	})
	return list
}

// A lag is by how much heartbeats of a node are behind: the difference of the clocks plus the way.
// The least of the last minute or two is near the difference alone, also when some have waited in a
// buffer.
type lag struct {
	began    time.Time // of current
	current  int64
	previous int64
	set      [2]bool // current and previous are set
}

const lagWindow = time.Minute

func (l *lag) add(now time.Time, v int64) {
	if l.set[0] && now.Sub(l.began) > lagWindow {
		l.previous, l.set[1] = l.current, true
		l.set[0] = false
	}
	if !l.set[0] {
		l.began, l.current, l.set[0] = now, v, true
		return
	}
	l.current = min(l.current, v)
}

func (l *lag) least() int64 {
	switch {
	case l.set[0] && l.set[1]:
		return min(l.current, l.previous)
	case l.set[0]:
		return l.current
	}
	return 0
}
