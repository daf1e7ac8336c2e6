package gateway

import (
	"bytes"
	"sync"
	"time"

	"github.com/tyg-dev/tyg"
)

// crowd runs several handlers of one connection at the same time, for Extensions.Concurrency.
type crowd struct {
	places  chan struct{} // holds one token for each handler that runs
	running sync.WaitGroup

	mu     sync.Mutex
	events map[*eventContext]struct{}
}

func newCrowd(n int) *crowd {
	return &crowd{places: make(chan struct{}, n), events: make(map[*eventContext]struct{})}
}

// concurrent handles a message on a goroutine of its own, once there is a place, unless the
// connection is closing by then. The goroutine ends with the handler, and the connection with the
// last of them. The message is copied, because the read that brought it is over before it is.
func (c *session) concurrent(e tyg.Event) {
	e.Message.Data = bytes.Clone(e.Message.Data)
	c.crowd.places <- struct{}{}
	if c.closing.Load() {
		<-c.crowd.places
		return
	}
	e.Time = time.Now() // to wait for a place is not the handler's time
	c.crowd.running.Add(1)
	go func() {
		defer c.crowd.running.Done()
		defer func() { <-c.crowd.places }()
		c.handle(nil, &e)
	}()
}

// wait waits until all handlers have returned.
func (w *crowd) wait() {
	if w != nil {
		w.running.Wait()
	}
}

func (w *crowd) add(e *eventContext) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.events[e] = struct{}{}
}

func (w *crowd) remove(e *eventContext) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.events, e)
}

// each calls f for every event that is being handled.
func (w *crowd) each(f func(*eventContext)) {
	w.mu.Lock()
	events := make([]*eventContext, 0, len(w.events))
	for e := range w.events {
		events = append(events, e)
	}
	w.mu.Unlock()
	for _, e := range events {
		f(e)
	}
}
