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

// A snapshot is shared by callers. It is valid until the first of its members expires.
type snapshot struct {
	members    []rooms.Member
	validUntil int64
}

// members returns the members in the room. Two readers may both make a snapshot; both are right.
func (r *room) members(now time.Time) []rooms.Member {
	if s := r.shared.Load(); s != nil && now.UnixNano() < s.validUntil {
		return s.members
	}
	s := &snapshot{members: make([]rooms.Member, 0, len(r.order)), validUntil: math.MaxInt64}
	for _, is := range r.order {
		if !is.expired(now) {
			s.members = append(s.members, is.member())
			s.validUntil = min(s.validUntil, is.ExpiresAt)
		}
	}
	s.members = slices.Clip(s.members)
	r.shared.Store(s)
	return s.members
}

// empty reports whether the room has no member that has not expired.
func (r *room) empty(now time.Time) bool {
	return !slices.ContainsFunc(r.order, func(is *row) bool { return !is.expired(now) })
}

func (r *room) add(is *row) {
	i, _ := slices.BinarySearchFunc(r.order, is, compareJoined)
	r.order = slices.Insert(r.order, i, is)
	r.shared.Store(nil)
}

func (r *room) remove(is *row) {
	if i, ok := slices.BinarySearchFunc(r.order, is, compareJoined); ok {
		r.order = slices.Delete(r.order, i, i+1)
		r.shared.Store(nil)
	}
}

func compareJoined(a, b *row) int {
	return cmp.Or(cmp.Compare(a.Joined, b.Joined), cmp.Compare(a.ID, b.ID))
}
