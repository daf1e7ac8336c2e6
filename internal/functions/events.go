package functions

import (
	"time"

	"github.com/tyg-dev/tyg/internal/functions/osproc"
	"github.com/tyg-dev/tyg/internal/functions/runtimeapi"
)

var _ runtimeapi.Handler = (*process)(nil)

// Next makes the process wait for an event, or gives it one that waits already.
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

// writeEvent writes the event to the process. On failure it goes to another, and this one, which can
// neither be talked to nor has anything to do, is killed.
func (p *process) writeEvent(c *call) {
	p.log.startEvent(c.inv.RequestID, c.tail)
	if p.fn.Freeze {
		p.group.Signal(osproc.Thaw)
	}
	err := p.next.WriteEvent(runtimeapi.Event{
		RequestID: c.inv.RequestID, ARN: p.arn, Time: p.assignedAt, Deadline: p.assignedAt.Add(p.fn.Timeout),
		ClientContext: c.inv.ClientContext, Payload: c.inv.Payload,
	})
	c.writing.Unlock()
	if err != nil {
		other := p.pool.requeue(p, c)
		p.group.Signal(osproc.Kill) // not before: the call would end with it
		if other != nil {
			other.writeEvent(c)
		}
	}
}

// Reply takes a reply, or the report of a failure, to the caller.
func (p *process) Reply(r runtimeapi.Reply) error {
	o := outcome{payload: r.Payload}
	if r.Failure != nil {
		o.err = newFunctionError(p.fn.Name, r.Failure)
	}
	call, abandoned := p.pool.finish(p, r.RequestID, &o)
	if call == nil {
		return runtimeapi.ErrUnknownEvent
	}
	p.log.endEvent(r.RequestID, o)
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

// InitError is for a process that cannot start. It has a moment to say more and to end by itself.
func (p *process) InitError(f *runtimeapi.Failure) error {
	err := newFunctionError(p.fn.Name, f)
	err.Init = true
	if !p.pool.failStart(p, err) {
		return runtimeapi.ErrTransition
	}
	time.AfterFunc(termGrace, func() { p.group.Signal(osproc.Kill) })
	return nil
}

// Closed is for a connection on which the process waits for no event any more.
func (p *process) Closed(c *runtimeapi.Conn) { p.pool.unpark(p, c) }
