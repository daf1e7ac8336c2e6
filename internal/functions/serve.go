package functions

import (
	"bufio"
	"errors"
	"net"
	"net/http"
	"strconv"
	"time"
)

// A conn is a connection of a process to the Runtime API. Most runtimes have one and keep it; any
// number may come, because which process asks is known from the listener, of which each has its
// own: AWS_LAMBDA_RUNTIME_API is a host and a port to most runtimes, and has no place for more.
//
// The goroutine of the connection reads requests and writes all answers but one: an event is
// written by whoever has it. Meanwhile the goroutine reads on and so sees a process that hangs up.
type conn struct {
	net.Conn
	proc *process
	in   *bufio.Reader
	out  []byte // owned by whoever writes an event
	last bool   // the process wants no more than one answer
}

// accept serves the connections of the process until the listener is closed.
func (p *process) accept() {
	for {
		nc, err := p.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			time.Sleep(10 * time.Millisecond) // out of descriptors, which may pass
			continue
		}
		c := &conn{Conn: nc, proc: p, in: bufio.NewReader(nc)}
		p.remember(c)
		p.work.Go(c.serve)
	}
}

// listen opens the process's own address.
func (p *process) listen() (err error) {
	p.listener, err = net.Listen("tcp", "127.0.0.1:0")
	return err
}

func (p *process) remember(c *conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.conns[c] = struct{}{}
	if !p.alive {
		_ = c.SetReadDeadline(time.Now().Add(patience))
	}
}

func (p *process) forget(c *conn) {
	p.mu.Lock()
	delete(p.conns, c)
	p.mu.Unlock()
	_ = c.Close() // it may be closed already
	p.pool.unpark(p, c)
}

// serve answers requests until the process hangs up.
func (c *conn) serve() {
	defer c.proc.forget(c)
	for {
		r, err := readRequest(c.in, c)
		if err != nil {
			return
		}
		c.last = r.last
		if c.handle(r) != nil || r.last && !r.waits {
			return
		}
	}
}

// hangUp closes the connection; its goroutine ends.
func (c *conn) hangUp() { _ = c.Close() }

// answer writes a response with a body of JSON.
func (c *conn) answer(status int, body string) error {
	b := make([]byte, 0, 256)
	b = append(b, "HTTP/1.1 "...)
	b = strconv.AppendInt(b, int64(status), 10)
	b = append(b, ' ')
	b = append(b, http.StatusText(status)...)
	b = append(b, "\r\nContent-Type: application/json\r\nContent-Length: "...)
	b = strconv.AppendInt(b, int64(len(body)), 10)
	if c.last {
		b = append(b, "\r\nConnection: close"...)
	}
	b = append(append(b, "\r\n\r\n"...), body...)
	_, err := c.Write(b)
	return err
}

// A problem is an answer of the Runtime API that is not 202.
type problem struct {
	status  int
	kind    string
	message string
}

// Error returns the message.
func (p *problem) Error() string { return p.message }

// The texts are those of AWS's own emulator.
// (https://github.com/aws/aws-lambda-runtime-interface-emulator)
var (
	errStaleID    = &problem{http.StatusBadRequest, "InvalidRequestID", "Invalid request ID"}
	errTransition = &problem{
		http.StatusForbidden, "InvalidStateTransition", "State transition is not allowed",
	}
	errReplySize = &problem{
		http.StatusRequestEntityTooLarge, "RequestEntityTooLarge",
		"Exceeded maximum allowed payload size (6291556 bytes).",
	}
	errPath   = &problem{http.StatusNotFound, "UnknownPath", "The Runtime API has no such path"}
	errMethod = &problem{
		http.StatusMethodNotAllowed, "MethodNotAllowed", "The path has no such method",
	}
	errBrowser = &problem{
		http.StatusForbidden, "AccessDenied", "The Runtime API is not for web pages",
	}
)

// refuse answers with what is wrong.
func (c *conn) refuse(p *problem) error {
	return c.answer(p.status, string(errorJSON(p.kind, p.message)))
}
