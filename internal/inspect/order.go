package inspect

import (
	"sort"
	"time"
)

// An order puts records in the order of their numbers: a send has taken its number before it was
// written, and is noted when it was. What comes after a number that is missing waits for it.
type order struct {
	next  uint64 // the number of the next record
	taken int    // records of held that the last take returned
	held  *batch
	spare *batch
}

// maxWait is how long a missing number is waited for. Only a send that panics never comes.
const maxWait = 10 * time.Second

func newOrder(next uint64) *order {
	return &order{next: next, held: new(batch), spare: new(batch)}
}

// take adds a batch, and returns the records that are next, until the next call. It is the batch
// itself if nothing is missing, as is usual.
func (o *order) take(b *batch, now time.Time) *batch {
	o.drop()
	if len(o.held.records) == 0 && b.lost == 0 && o.continues(b.records) {
		return b
	}
	for i := range b.records {
		o.held.add(&b.records[i])
	}
	sortRecords(o.held.records)
	o.taken = o.ready(now, b.lost > 0)
	if b.lost > 0 {
		o.next = max(o.next, b.last+1)
	}
	return &batch{records: o.held.records[:o.taken], lost: b.lost}
}

// sortRecords sorts by insertion: few records are out of order, and not far from their place.
func sortRecords(list []record) {
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

// continues reports whether records have the next numbers, and then counts them.
func (o *order) continues(records []record) bool {
	next := o.next
	for i := range records {
		if records[i].order != next {
			return false
		}
		next++
	}
	o.next = next
	return true
}

// ready counts the held records that are next. Numbers that are missing are waited for unless all
// is set or too much waits already.
func (o *order) ready(now time.Time, all bool) int {
	h := o.held
	all = all || len(h.records) > maxRecords || len(h.data) > maxData
	for i := range h.records {
		r := &h.records[i]
		if r.order > o.next && !all && now.Sub(r.at) < maxWait {
			return i
		}
		o.next = max(o.next, r.order+1) // a smaller one has come too late
	}
	return len(h.records)
}

// drop forgets the records that were taken.
func (o *order) drop() {
	if o.taken == 0 {
		return
	}
	o.spare.reset()
	for i := o.taken; i < len(o.held.records); i++ {
		o.spare.add(&o.held.records[i])
	}
	o.held, o.spare, o.taken = o.spare, o.held, 0
}

// rest returns all that is held.
func (o *order) rest() *batch {
	o.drop()
	o.taken = o.ready(time.Time{}, true)
	return &batch{records: o.held.records}
}
