package rooms

import (
	"slices"
	"sync/atomic"
)

// A room holds the members of one room of a [Memory], whose lock guards it: members needs it for
// reading, all others for writing.
type room struct {
	order  []Member                 // by JoinedAt, all different; changed in place
	shared atomic.Pointer[[]Member] // copy of order that callers have; nil after a change
}

func (r *room) empty() bool { return len(r.order) == 0 }

// members returns the copy of order, and makes it if there is none. Two readers may both make one;
// the copies are equal, because the lock excludes writers.
func (r *room) members() []Member {
	if shared := r.shared.Load(); shared != nil {
		return *shared
	}
	shared := slices.Clip(slices.Clone(r.order))
	r.shared.Store(&shared)
	return shared
}

// add appends a member that has joined later than all others.
func (r *room) add(m Member) {
	r.order = append(r.order, m)
	r.shared.Store(nil)
}

func (r *room) update(m Member) {
	r.order[r.index(m)] = m
	r.shared.Store(nil)
}

func (r *room) remove(m Member) {
	i := r.index(m)
	r.order = slices.Delete(r.order, i, i+1)
	r.shared.Store(nil)
}

// index returns the place of a member that is in the room.
func (r *room) index(m Member) int {
	i, _ := slices.BinarySearchFunc(r.order, m, func(a, b Member) int {
		return a.JoinedAt.Compare(b.JoinedAt)
	})
	return i
}
