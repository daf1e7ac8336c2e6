package gateway

import (
	"encoding/binary"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/tyg-dev/tyg"
)

// A hub finds the session of an id. It has many shards so that connects and disconnects do not hold
// up sends.
type hub struct {
	shards [hubShards]shard
	size   atomic.Int64
	open   atomic.Int64 // those that are not closing

	changes atomic.Int64
	roster  atomic.Pointer[roster] // nil until all is called
}

const hubShards = 64

// A shard finds sessions by a key of 8 bytes, which takes half as long as by id and half the
// memory. Sessions that share a key are a list.
type shard struct {
	mu       sync.Mutex // held for a few instructions: a RWMutex would take longer to take
	sessions map[uint64]*session
}

// keyOf returns the key of an id. The ids of connid differ in each of their last 11 characters.
func keyOf(id tyg.ConnID) (key uint64) {
	if len(id) == 16 {
		return binary.LittleEndian.Uint64([]byte(id[7:15]))
	}
	for _, c := range []byte(id) {
		key = key*31 + uint64(c)
	}
	return key
}

func (h *hub) init() {
	for i := range h.shards {
		h.shards[i].sessions = make(map[uint64]*session)
	}
}

func (h *hub) shard(key uint64) *shard { return &h.shards[(key^key>>8^key>>16)%hubShards] }

// add adds c.
func (h *hub) add(c *session) {
	key := keyOf(c.conn.ID)
	s := h.shard(key)
	s.mu.Lock()
	c.next = s.sessions[key]
	s.sessions[key] = c
	s.mu.Unlock()
	h.size.Add(1)
	h.changed()
}

// remove removes c, if it was added.
func (h *hub) remove(c *session) {
	key := keyOf(c.conn.ID)
	s := h.shard(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	at := s.sessions[key]
	switch {
	case at == nil:
		return
	case at != c:
		for ; at.next != c; at = at.next {
			if at.next == nil {
				return
			}
		}
		at.next = c.next
	case c.next != nil:
		s.sessions[key] = c.next
	default:
		delete(s.sessions, key)
	}
	h.size.Add(-1)
	h.changed()
}

// get returns the session of id, or nil.
func (h *hub) get(id tyg.ConnID) *session {
	key := keyOf(id)
	s := h.shard(key)
	s.mu.Lock()
	c := s.sessions[key]
	for c != nil && c.conn.ID != id {
		c = c.next
	}
	s.mu.Unlock()
	return c
}

// each calls f for every session, without holding a lock.
func (h *hub) each(f func(*session)) {
	var some []*session
	for i := range h.shards {
		some = h.shards[i].list(some[:0])
		for _, c := range some {
			f(c)
		}
	}
}

// A roster is all sessions of a hub after so many changes.
type roster struct {
	changes  int64
	sessions []*session
}

// all returns all sessions, those that connected first before the others: what lies together in
// memory, here and in the kernel, is sent to together. The slice is shared, and made anew only
// after sessions came or went.
func (h *hub) all() []*session {
	changes := h.changes.Load()
	if r := h.roster.Load(); r != nil && r.changes == changes {
		return r.sessions
	}
	list := make([]*session, 0, h.size.Load())
	for i := range h.shards {
		list = h.shards[i].list(list)
	}
	slices.SortFunc(list, func(a, b *session) int {
		return a.conn.ConnectedAt.Compare(b.conn.ConnectedAt)
	})
	r := &roster{changes, list}
	h.roster.Store(r)
	if h.changes.Load() != changes {
		h.roster.CompareAndSwap(r, nil) // else it would keep sessions that have gone
	}
	return list
}

// changed notes that sessions came or went, and frees the roster.
func (h *hub) changed() {
	h.changes.Add(1)
	if h.roster.Load() != nil {
		h.roster.Store(nil)
	}
}

func (s *shard) list(to []*session) []*session {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.sessions {
		for ; c != nil; c = c.next {
			to = append(to, c)
		}
	}
	return to
}
