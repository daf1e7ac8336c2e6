package functions

import (
	"bytes"
	"container/list"
	"sync"
	"time"
)

// A call is an Invocation under way.
type call struct {
	inv   Invocation
	trace string // the trace id of the function
	tail  *tail  // nil: the caller did not ask for it

	// done gets the outcome. It has a buffer of one, so that a process does not wait for a caller that
	// has stopped waiting.
	done chan outcome

	// writing is held while the payload is written to a process. Another goroutine than the caller's
	// may do that, so a caller that stops waiting takes it before its payload may change.
	writing sync.Mutex

	// guarded by pool.mu
	element   *list.Element // in pool.waiting; nil: not there
	abandoned bool          // the caller has stopped waiting
	queuedAt  time.Time     // when it began to wait for a busy process; zero: it did not
	waited    time.Duration // for a busy process
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

// tailSize is how much of a log the Invoke API returns, in bytes.
// (https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html)
const tailSize = 4 << 10

// A tail is the end of the log of one event. A nil tail keeps nothing.
type tail struct{ b []byte }

func (t *tail) add(line string) {
	if t == nil {
		return
	}
	t.b = append(append(t.b, line...), '\n')
	if len(t.b) > tailSize {
		t.b = append(t.b[:0], t.b[lastCut(t.b, tailSize):]...)
	}
}

// bytes returns a copy.
func (t *tail) bytes() []byte { return bytes.Clone(t.b) }
