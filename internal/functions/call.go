package functions

import (
	"container/list"
	"sync"
	"time"
)

// A call is an Invocation on its way.
type call struct {
	inv  Invocation
	tail *tail // nil: nobody asked for it

	// done gets the outcome. It has room for it, so that nobody waits for a caller who has left.
	done chan outcome

	// writing is held while the payload is written to a process, which may be done by the process's
	// goroutine after the caller has left.
	writing sync.Mutex

	// guarded by pool.mu
	element   *list.Element // in the queue; nil: not in it
	abandoned bool          // the caller has left
}

// An outcome is what came of a call.
type outcome struct {
	payload    []byte
	err        error
	took, init time.Duration
}

func newCall(inv Invocation) *call {
	c := &call{inv: inv, done: make(chan outcome, 1)}
	if inv.Tail {
		c.tail = new(tail)
	}
	return c
}

func (c *call) result(o outcome) (Result, error) {
	r := Result{Payload: o.payload, RequestID: c.inv.RequestID, Duration: o.took, Init: o.init}
	if o.err != nil {
		r.Payload = errorPayload(o.err, c.inv.RequestID)
	}
	if c.tail != nil {
		r.Log = c.tail.bytes()
	}
	return r, o.err
}
