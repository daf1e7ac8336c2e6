package inspect

import (
	"sort"
	"time"
)

// An order puts notes in the order of their numbers: a send has taken its number before it was
// written, and is noted when it was. What comes after a number that is missing waits for it.
type order struct {
	start time.Time // of the tap
	next  uint64    // the number of the next note
	taken int       // notes of held that the last take returned
	held  *batch
	spare *batch
}

// maxWait is how long a missing number is waited for. Only a send that panics never comes.
const maxWait = 10 * time.Second

// newOrder returns the order of what a tap will note.
func newOrder(t *tap) *order {
	return &order{
		start: t.start, next: t.order.Load() + 1, held: new(batch), spare: new(batch),
	}
}

// take adds a batch, and returns the notes that are next, until the next call. It is the batch
// itself if nothing is missing, as is usual.
func (o *order) take(b *batch, now time.Time) *batch {
	o.drop()
	if len(o.held.notes) == 0 && b.lost == 0 && o.continues(b.notes) {
		return b
	}
	for i := range b.notes {
		o.held.copy(b, &b.notes[i])
	}
	sortNotes(o.held.notes)
	o.taken = o.ready(now, b.lost > 0)
	if b.lost > 0 {
		o.next = max(o.next, b.last+1)
	}
	next := *o.held
	next.notes, next.lost = next.notes[:o.taken], b.lost
	return &next
}

// sortNotes sorts by insertion: few notes are out of order, and not far from their place.
func sortNotes(list []note) {
	for i := 1; i < len(list); i++ {
		if list[i].order >= list[i-1].order {
			continue
		}
		r := list[i]
		to := sort.Search(i, func(k int) bool { return list[k].order > r.order })
		copy(list[to+1:i+1], list[to:i])
		list[to] = r
	}
}

// continues reports whether notes have the next numbers, and then counts them.
func (o *order) continues(notes []note) bool {
	next := o.next
	for i := range notes {
		if notes[i].order != next {
			return false
		}
		next++
	}
	o.next = next
	return true
}

// ready counts the held notes that are next. Numbers that are missing are waited for unless all
// is set or too much waits already.
func (o *order) ready(now time.Time, all bool) int {
	h := o.held
	all = all || len(h.notes) > maxNotes || len(h.data) > maxData
	oldest := now.Sub(o.start) - maxWait
	for i := range h.notes {
		n := &h.notes[i]
		if n.order > o.next && !all && n.at > int64(oldest) {
			return i
		}
		o.next = max(o.next, n.order+1) // a smaller one has come too late
	}
	return len(h.notes)
}

// drop forgets the notes that were taken.
func (o *order) drop() {
	if o.taken == 0 {
		return
	}
	o.spare.reset()
	for i := o.taken; i < len(o.held.notes); i++ {
		o.spare.copy(o.held, &o.held.notes[i])
	}
	o.held, o.spare, o.taken = o.spare, o.held, 0
}

// rest returns all that is held.
func (o *order) rest() *batch {
	o.drop()
	o.taken = o.ready(o.start, true)
	return o.held
}
