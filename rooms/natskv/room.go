package natskv

import (
	"cmp"
	"math"
	"slices"
	"sync/atomic"
	"time"

	"github.com/tyg-dev/tyg/rooms"
)

// A room holds the rows of one room of an [index], whose lock guards it: members and empty need it
// for reading, all others for writing.
type room struct {
	order  []*row                   // by Joined, then ID
	shared atomic.Pointer[snapshot] // nil after a change
}

// A snapshot is what callers share: it is right until the first of its members expires.
type snapshot struct {
	members []rooms.Member
	until   int64
}

// members returns who is there. Two readers may both make a snapshot; either will do.
func (r *room) members(now time.Time) []rooms.Member {
	if s := r.shared.Load(); s != nil && now.UnixNano() < s.until {
		return s.members
	}
	s := &snapshot{members: make([]rooms.Member, 0, len(r.order)), until: math.MaxInt64}
	for _, is := range r.order {
		if !is.expired(now) {
			s.members = append(s.members, is.member())
			s.until = min(s.until, is.Until)
		}
	}
	s.members = slices.Clip(s.members)
	r.shared.Store(s)
	return s.members
}

// empty reports whether nobody is there who has not expired.
func (r *room) empty(now time.Time) bool {
	return !slices.ContainsFunc(r.order, func(is *row) bool { return !is.expired(now) })
}

func (r *room) add(is *row) {
	i, _ := slices.BinarySearchFunc(r.order, is, byJoining)
	r.order = slices.Insert(r.order, i, is)
	r.shared.Store(nil)
}

func (r *room) remove(is *row) {
	if i, ok := slices.BinarySearchFunc(r.order, is, byJoining); ok {
		r.order = slices.Delete(r.order, i, i+1)
		r.shared.Store(nil)
	}
}

func byJoining(a, b *row) int {
	return cmp.Or(cmp.Compare(a.Joined, b.Joined), cmp.Compare(a.ID, b.ID))
}
