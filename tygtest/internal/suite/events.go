package suite

import (
	"bytes"
	"context"
	"sync"

	"github.com/tyg-dev/tyg"
)

// An EventLog has the events of an application, in the order in which handling them began.
type EventLog struct {
	mu      sync.Mutex
	events  []tyg.Event   // guarded by mu
	changed chan struct{} // guarded by mu; closed at the next event
}

// Record is middleware that adds each event to the log.
func (l *EventLog) Record(next tyg.Handler) tyg.Handler {
	return tyg.HandlerFunc(func(ctx context.Context, e tyg.Event) (tyg.Reply, error) {
		l.add(e)
		return next.Handle(ctx, e)
	})
}

func (l *EventLog) add(e tyg.Event) {
	e.Message.Data = bytes.Clone(e.Message.Data)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.events = append(l.events, e)
	if l.changed != nil {
		close(l.changed)
		l.changed = nil
	}
}

// all returns the events up to now, and a channel that is closed at the next.
func (l *EventLog) all() ([]tyg.Event, <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.changed == nil {
		l.changed = make(chan struct{})
	}
	return l.events[:len(l.events):len(l.events)], l.changed
}

// Of returns the events of one connection up to now.
func (l *EventLog) Of(id tyg.ConnID) []tyg.Event {
	all, _ := l.all()
	var own []tyg.Event
	for _, e := range all {
		if e.Conn.ID == id {
			own = append(own, e)
		}
	}
	return own
}

// Count returns how many events of a type there were.
func (l *EventLog) Count(t tyg.EventType) int {
	n := 0
	all, _ := l.all()
	for _, e := range all {
		if e.Type == t {
			n++
		}
	}
	return n
}

// wait waits for an event. pick returns its index, or -1.
func (l *EventLog) wait(ctx context.Context, pick func([]tyg.Event) int) (tyg.Event, bool) {
	for {
		events, changed := l.all()
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

// Nth picks the n-th event of a type, counted from 1.
func Nth(t tyg.EventType, n int) func([]tyg.Event) int {
	return func(events []tyg.Event) int {
		left := n
		return Find(events, func(e tyg.Event) bool {
			if e.Type == t {
				left--
			}
			return left == 0
		})
	}
}

// Find returns the index of the first event that matches, or -1.
func Find(events []tyg.Event, match func(tyg.Event) bool) int {
	for i, e := range events {
		if match(e) {
			return i
		}
	}
	return -1
}
