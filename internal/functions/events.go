package functions

import (
	"fmt"
	"time"

	"github.com/tyg-dev/tyg/internal/functions/osproc"
	"github.com/tyg-dev/tyg/internal/functions/runtimeapi"
)

var _ runtimeapi.Handler = (*process)(nil)

// Next makes the process wait for an event, or writes one that waits already.
func (p *process) Next(c *runtimeapi.Conn) error {
	p.log.markLate()
	call, stop, err := p.pool.park(p, c)
	switch {
	case err != nil:
		return err
	case stop:
		p.stop()
	case call != nil:
		p.writeEvent(call)
	}
	return nil
}

// writeEvent writes the event of c, which was assigned to p, to the process. If that fails, the
// event goes to another process, and this one is killed: it cannot be reached.
func (p *process) writeEvent(c *call) {
	p.log.startEvent(c.inv.RequestID, c.tail)
	if p.fn.Freeze {
		p.group.Signal(osproc.Thaw)
	}
	err := p.next.WriteEvent(runtimeapi.Event{
		RequestID: c.inv.RequestID, ARN: p.arn,
		Time: p.assignedAt, Deadline: p.assignedAt.Add(p.fn.Timeout),
		TraceID: c.trace, ClientContext: c.inv.ClientContext, Payload: c.inv.Payload,
	})
	c.writing.Unlock()
	if err != nil {
		other := p.pool.requeue(p, c)
		p.group.Signal(osproc.Kill) // not before requeue: c would fail with the process
		if other != nil {
			other.writeEvent(c)
		}
	}
}

// Reply passes a reply or a failure to the caller.
func (p *process) Reply(r runtimeapi.Reply) error {
	o := outcome{payload: r.Payload}
	var failed *FunctionError
	if r.Failure != nil {
		failed = newFunctionError(p.fn.Name, r.Failure)
		o.err = failed
	}
	call, abandoned := p.pool.finish(p, r.RequestID, &o)
	if call == nil {
		return runtimeapi.ErrUnknownEvent
	}
	p.log.endEvent(r.RequestID, o)
	if failed != nil {
		failed.Logged = p.log.has(failed.Message)
	}
	call.done <- o
	p.warnDiscarded(r, o, abandoned)
	return nil
}

// warnDiscarded reports a reply that was too large or that no caller was waiting for.
func (p *process) warnDiscarded(r runtimeapi.Reply, o outcome, abandoned bool) {
	switch {
	case r.TooLarge:
		p.log.warn(WarnReplyTooLarge, r.RequestID, "its reply is over 6 MB and was discarded")
	case abandoned:
		took := o.took.Round(time.Millisecond).String()
		p.log.warn(WarnReplyDiscarded, r.RequestID,
			"its reply was discarded: it took "+took+", and its caller had stopped waiting")
	}
}

// InitError notes that the process cannot start. The process has termGrace to write its last lines
// and to exit by itself.
func (p *process) InitError(f *runtimeapi.Failure) error {
	err := newFunctionError(p.fn.Name, f)
	err.Init = true
	p.log.drain()
	err.Logged = p.log.has(err.Message)
	if !p.pool.failStart(p, err) {
		return runtimeapi.ErrTransition
	}
	time.AfterFunc(termGrace, func() { p.group.Signal(osproc.Kill) })
	return nil
}

// Stranger warns once of a program of another user, which was refused.
func (p *process) Stranger(uid int) {
	p.stranger.Do(func() {
		p.log.warn(WarnStranger, "", fmt.Sprintf("a program of user %d connected to its Runtime API, "+
			"and was refused; if it belongs to the function, run tyg as that user", uid))
	})
}

// Closed notes that the process does not wait for an event on c any more.
func (p *process) Closed(c *runtimeapi.Conn) { p.pool.unpark(p, c) }
