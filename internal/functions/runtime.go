package functions

import (
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/tyg-dev/tyg/internal/functions/osproc"
)

// accepted is the answer to a reply.
const accepted = `{"status":"OK"}` + "\n"

// directWrite is the size of a payload, in bytes, from which on it is not copied behind its head.
const directWrite = 64 << 10

// handle does what a process asks for. On error the connection is of no use any more.
func (c *conn) handle(q *request) error {
	if q.problem != nil {
		return c.refuse(q.problem)
	}
	switch q.verb {
	case "next":
		return c.await()
	case initErrorPath:
		return c.initFailed(q)
	}
	return c.finish(q)
}

// await makes the process wait for an event, or gives it one that waits already.
func (c *conn) await() error {
	p := c.proc
	p.journal.pause()
	call, stop, err := p.pool.park(p, c)
	switch {
	case err != nil:
		return c.refuse(err)
	case stop:
		p.stop()
	case call != nil:
		p.give(call)
	}
	return nil
}

// event writes an event. Nobody else writes while the process waits for one.
func (c *conn) event(p *process, call *call) error {
	b := append(c.out[:0], "HTTP/1.1 200 OK\r\nContent-Type: application/json"+
		"\r\nLambda-Runtime-Aws-Request-Id: "...)
	b = append(b, call.inv.RequestID...)
	b = append(b, "\r\nLambda-Runtime-Deadline-Ms: "...)
	b = strconv.AppendInt(b, p.given.Add(p.fn.Timeout).UnixMilli(), 10)
	b = append(b, "\r\nLambda-Runtime-Invoked-Function-Arn: "...)
	b = append(b, p.arn...)
	b = append(b, "\r\nLambda-Runtime-Trace-Id: "...)
	b = appendTraceID(b, p.given)
	if len(call.inv.ClientContext) > 0 {
		b = append(b, "\r\nLambda-Runtime-Client-Context: "...)
		b = append(b, call.inv.ClientContext...)
	}
	if c.last {
		b = append(b, "\r\nConnection: close"...)
	}
	b = append(b, "\r\nContent-Length: "...)
	b = strconv.AppendInt(b, int64(len(call.inv.Payload)), 10)
	b = append(b, "\r\n\r\n"...)
	return c.send(b, call.inv.Payload)
}

// send writes head and body, in one call if that is worth it. Once they are written, the process
// may have asked for more, and c belongs to others.
func (c *conn) send(head, body []byte) (err error) {
	small, last := len(body) < directWrite, c.last
	if small {
		head = append(head, body...)
	}
	c.out = head
	if small {
		_, err = c.Write(head)
	} else {
		parts := net.Buffers{head, body}
		_, err = parts.WriteTo(c.Conn)
	}
	if last {
		c.hangUp()
	}
	return err
}

// appendTraceID appends an X-Ray trace id that is not sampled.
// (https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader)
func appendTraceID(b []byte, now time.Time) []byte {
	b = append(b, "Root=1-"...)
	b = appendHex(b, uint64(now.Unix()), 8)
	b = append(b, '-')
	b = appendHex(b, rand.Uint64(), 16)
	b = appendHex(b, rand.Uint64(), 8)
	b = append(b, ";Parent="...)
	b = appendHex(b, rand.Uint64(), 16)
	return append(b, ";Sampled=0"...)
}

// appendHex appends the last digits of n.
func appendHex(b []byte, n uint64, digits int) []byte {
	for shift := 4 * (digits - 1); shift >= 0; shift -= 4 {
		b = append(b, "0123456789abcdef"[n>>shift&0xf])
	}
	return b
}

// finish takes a reply, or the report of a failure, to whoever waits for it.
func (c *conn) finish(q *request) error {
	p := c.proc
	var o outcome
	switch {
	case q.tooLarge:
		o.err = &FunctionError{
			Function: p.fn.Name, Type: "Function.ResponseSizeTooLarge", Message: replyTooLarge,
			Payload: errorJSON("Function.ResponseSizeTooLarge", replyTooLarge),
		}
	case q.verb == "error" || q.failed:
		o.err = newFunctionError(p.fn.Name, q.errorType, q.body)
	default:
		o.payload = q.body
	}
	call, unheard := p.pool.finish(p, q.id, &o)
	if call == nil {
		return c.refuse(errStaleID)
	}
	p.journal.end(q.id, o)
	call.done <- o
	c.complain(q, o, unheard)
	if q.tooLarge {
		return c.refuse(errReplySize)
	}
	return c.answer(http.StatusAccepted, accepted)
}

const replyTooLarge = "Response payload size exceeded maximum allowed payload size (6291556 bytes)."

// complain warns of what the reply was in vain for.
func (c *conn) complain(q *request, o outcome, unheard bool) {
	w := Warning{Function: c.proc.fn.Name, RequestID: q.id}
	switch {
	case q.tooLarge:
		w.Kind, w.Detail = ReplyTooLarge, "its reply is over 6 MB and was thrown away"
	case unheard:
		w.Kind = Unheard
		w.Detail = "it took " + o.took.Round(time.Millisecond).String() +
			", and nobody waits for its reply any more"
	default:
		return
	}
	c.proc.pool.host.warn(w)
}

// initFailed is for a process that cannot start. It has a moment to say more and to end by itself.
func (c *conn) initFailed(q *request) error {
	p := c.proc
	err := newFunctionError(p.fn.Name, q.errorType, q.body)
	err.Init = true
	if !p.pool.refuse(p, err) {
		return c.refuse(errTransition)
	}
	time.AfterFunc(grace, func() { p.group.Signal(osproc.Kill) })
	return c.answer(http.StatusAccepted, accepted)
}
