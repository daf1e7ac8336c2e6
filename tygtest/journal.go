package tygtest

import (
	"bytes"
	"context"
	"sync"

	"github.com/tyg-dev/tyg"
)

// A journal remembers the events of an application, in the order in which handling them began.
type journal struct {
	mu      sync.Mutex
	events  []tyg.Event   // guarded by mu
	changed chan struct{} // guarded by mu; closed at the next event
}

// keep is middleware that writes the journal.
func (j *journal) keep(next tyg.Handler) tyg.Handler {
	return tyg.HandlerFunc(func(ctx context.Context, e tyg.Event) (tyg.Reply, error) {
		j.add(e)
		return next.Handle(ctx, e)
	})
}

func (j *journal) add(e tyg.Event) {
	e.Message.Data = bytes.Clone(e.Message.Data)
	j.mu.Lock()
	defer j.mu.Unlock()
	j.events = append(j.events, e)
	if j.changed != nil {
		close(j.changed)
		j.changed = nil
	}
}

// all returns the events up to now, and a channel that is closed at the next.
func (j *journal) all() ([]tyg.Event, <-chan struct{}) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.changed == nil {
		j.changed = make(chan struct{})
	}
	return j.events[:len(j.events):len(j.events)], j.changed
}

// of returns the events of one connection up to now.
func (j *journal) of(id tyg.ConnID) []tyg.Event {
	all, _ := j.all()
	var own []tyg.Event
	for _, e := range all {
		if e.Conn.ID == id {
			own = append(own, e)
		}
	}
	return own
}

func (j *journal) count(t tyg.EventType) int {
	n := 0
	all, _ := j.all()
	for _, e := range all {
		if e.Type == t {
			n++
		}
	}
	return n
}

// await waits for an event. pick returns its index, or -1.
func (j *journal) await(ctx context.Context, pick func([]tyg.Event) int) (tyg.Event, bool) {
	for {
		events, changed := j.all()
		if i := pick(events); i >= 0 {
			return events[i], true
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return tyg.Event{}, false
		}
	}
}

// nth picks the n-th event of a type, counted from 1.
func nth(t tyg.EventType, n int) func([]tyg.Event) int {
	return func(events []tyg.Event) int {
		left := n
		return find(events, func(e tyg.Event) bool {
			if e.Type == t {
				left--
			}
			return left == 0
		})
	}
}

func find(events []tyg.Event, match func(tyg.Event) bool) int {
	for i, e := range events {
		if match(e) {
			return i
		}
	}
	return -1
}
