package gateway

import (
	"bytes"
	"sync"
	"time"

	"github.com/tyg-dev/tyg"
)

// A handlerPool runs several handlers of one connection at the same time, for
// [Extensions].Concurrency.
type handlerPool struct {
	slots   chan struct{} // has one token for each handler that runs
	running sync.WaitGroup

	mu     sync.Mutex
	events map[*eventContext]struct{}
}

func newHandlerPool(n int) *handlerPool {
	return &handlerPool{slots: make(chan struct{}, n), events: make(map[*eventContext]struct{})}
}

// handleAsync waits for a slot and handles a message on a goroutine of its own, unless the
// connection is closing by then. The goroutine ends with the handler, and the connection waits for
// all of them. The message is copied, because it outlives the buffer of the read that brought it.
func (c *session) handleAsync(rs *readScratch, e tyg.Event) {
	e.Message.Data = bytes.Clone(e.Message.Data)
	c.handlers.slots <- struct{}{}
	if c.closing.Load() || c.ending.Load() {
		<-c.handlers.slots
		return
	}
	rs.now = time.Now()
	e.Time = rs.now // the wait for a slot does not count as the handler's time
	c.handlers.running.Add(1)
	go func() {
		defer c.handlers.running.Done()
		defer func() { <-c.handlers.slots }()
		c.runMessage(nil, &e)
	}()
}

// wait waits until all handlers have returned.
func (p *handlerPool) wait() {
	if p != nil {
		p.running.Wait()
	}
}

func (p *handlerPool) add(e *eventContext) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.events[e] = struct{}{}
}

func (p *handlerPool) remove(e *eventContext) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.events, e)
}

// each calls f for every event that is being handled.
func (p *handlerPool) each(f func(*eventContext)) {
	p.mu.Lock()
	events := make([]*eventContext, 0, len(p.events))
	for e := range p.events {
		events = append(events, e)
	}
	p.mu.Unlock()
	for _, e := range events {
		f(e)
	}
}
