// Package runtimeapi serves the Lambda Runtime API to one process.
//
// A process asks for its next event, handles it, and posts its reply or its failure. A [Handler]
// decides what comes of that; this package keeps the connections, reads the requests, and writes
// the events and the answers.
// (https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html)
package runtimeapi

import (
	"bufio"
	"bytes"
	"errors"
	"net"
	"net/http"
	"os"
	"strconv"
	"sync"
	"time"
)

// A Handler handles the requests of one process. Its methods are called in the goroutines of the
// connections, so at the same time for several. The errors [ErrTransition] and [ErrUnknownEvent]
// refuse a request.
type Handler interface {
	// Next takes a request for the next event. Unless it fails, an event may be written to c with
	// [Conn.WriteEvent], now or later, from any goroutine.
	Next(c *Conn) error

	// Reply takes the outcome of an event.
	Reply(r Reply) error

	// InitError takes the report of a process that cannot start.
	InitError(f *Failure) error

	// Stranger notes that a program of another user has tried to connect, and was refused.
	Stranger(uid int)

	// Closed is called last for each connection: no event can be written to c any more.
	Closed(c *Conn)
}

// A Server serves one process. The processes are told apart by their addresses, because most
// runtimes allow no more than a host and a port in AWS_LAMBDA_RUNTIME_API. There is no room for a
// secret in it; so on Linux, where programs of other users can connect to it, it asks the kernel
// whose socket it is.
type Server struct {
	handler  Handler
	limits   Limits
	listener net.Listener
	uid      int            // of the process
	api      *API           // nil: none
	slots    chan struct{}  // holds a token for each connection
	work     sync.WaitGroup // the connections and the goroutine that accepts them

	mu       sync.Mutex
	conns    map[*Conn]struct{}
	deadline time.Time // when to stop reading; zero before Shutdown
}

// Limits are how long a process may keep a connection of the Server waiting. A connection on which
// the process waits for an event has no limit.
type Limits struct {
	Head   time.Duration // from the first byte of a request to the end of its head
	Silent time.Duration // before a request, and for its body; longer than an event may take
}

// Listen opens an address for a process. The Server accepts connections once it is started.
func Listen(h Handler, limits Limits) (*Server, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	return &Server{
		handler: h, limits: limits, listener: l, uid: os.Getuid(),
		slots: make(chan struct{}, maxConns), conns: make(map[*Conn]struct{}),
	}, nil
}

// Addr returns the address, as AWS_LAMBDA_RUNTIME_API needs it.
func (s *Server) Addr() string { return s.listener.Addr().String() }

// Offer has the Server serve an API beside the Runtime API. Call it before Start.
func (s *Server) Offer(api *API) { s.api = api }

// Start begins to accept connections, until Shutdown.
func (s *Server) Start() { s.work.Go(s.accept) }

// Shutdown reads what the process has sent, until all connections end or the deadline, and returns
// when no goroutine of the Server is left.
func (s *Server) Shutdown(deadline time.Time) {
	_ = s.listener.Close() // accept ends
	s.mu.Lock()
	s.deadline = deadline
	for c := range s.conns {
		_ = c.SetReadDeadline(deadline)
	}
	s.mu.Unlock()
	s.work.Wait()
}

func (s *Server) accept() {
	for {
		s.slots <- struct{}{}
		nc, err := s.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			<-s.slots
			time.Sleep(10 * time.Millisecond) // out of descriptors, which may pass
			continue
		}
		c := &Conn{Conn: nc, server: s, head: &headReader{from: nc}}
		c.in = bufio.NewReader(c.head)
		s.add(c)
		s.work.Go(c.serve)
	}
}

func (s *Server) add(c *Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.conns[c] = struct{}{}
	if !s.deadline.IsZero() {
		_ = c.SetReadDeadline(s.deadline)
	}
}

func (s *Server) remove(c *Conn) {
	s.mu.Lock()
	delete(s.conns, c)
	s.mu.Unlock()
	_ = c.Close() // it may be closed already
	<-s.slots
	s.handler.Closed(c)
}

// A Conn is a connection of the process. Most runtimes keep one; any number may come.
//
// The goroutine of the connection reads requests and writes all answers but the events. While an
// event is awaited it reads on, and so notices when the process closes the connection.
type Conn struct {
	net.Conn
	server *Server
	head   *headReader
	in     *bufio.Reader // from head
	out    []byte        // owned by WriteEvent
	held   []byte        // an answer that leaves with the next one
	gone   bool          // the client had closed its socket when its user was asked for
	last   bool          // the process wants no more than one answer
}

// serve answers requests until the process closes the connection.
func (c *Conn) serve() {
	defer c.server.remove(c)
	if !c.checkPeer() {
		return
	}
	c.limitReads(c.server.limits.Silent)
	for {
		q, err := c.read()
		if err != nil {
			return
		}
		c.last = q.last
		if q.api != nil {
			if c.gone || !c.serveAPI(q.api) {
				return
			}
			continue
		}
		if !c.mayAsk(q) {
			return
		}
		if c.handle(q) != nil || q.last && !q.waits {
			return
		}
	}
}

// read reads a request. Afterwards reads are limited until the next one, unless it waits for an
// event.
func (c *Conn) read() (*request, error) {
	if err := c.limitHead(); err != nil {
		return nil, err
	}
	if c.readNext() {
		c.head.limited = false
		c.limitReads(0)
		return &request{verb: "next", waits: true}, nil
	}
	r, err := http.ReadRequest(c.in)
	c.head.limited = false
	if errors.Is(err, errHead) {
		c.last = true
		_ = c.refuse(errHeadSize) // it may not be read, and the connection ends
	}
	if err != nil {
		return nil, err
	}
	c.limitReads(c.server.limits.Silent)
	if c.server.api.allows(r) {
		return &request{last: r.Close, api: r}, nil
	}
	q, err := readRequest(r, c)
	if err == nil && q.waits {
		c.limitReads(0) // now, because the event may be written before Next returns
	}
	return q, err
}

// plainNext is the request for the next event as tyg's own runtimes send it.
const plainNext = "GET " + runtimePrefix + nextPath + " HTTP/1.1\r\nHost: tyg\r\n\r\n"

// readNext reads a plainNext. If something else is next, it reads nothing and reports false.
func (c *Conn) readNext() bool {
	here, _ := c.in.Peek(min(len(plainNext), c.in.Buffered()))
	if string(here) != plainNext {
		return false
	}
	_, _ = c.in.Discard(len(plainNext)) // they are here
	return true
}

// limitHead waits for the first byte of a request, and limits reads unless its whole head has come.
func (c *Conn) limitHead() error {
	c.head.limited, c.head.left = true, maxHead
	if _, err := c.in.Peek(1); err != nil {
		return err
	}
	here, err := c.in.Peek(c.in.Buffered())
	if !bytes.Contains(here, []byte("\r\n\r\n")) {
		c.limitReads(c.server.limits.Head)
	}
	return err
}

// limitReads ends reads after d, or never if d is 0. After Shutdown, that has limited them.
func (c *Conn) limitReads(d time.Duration) {
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	if !c.server.deadline.IsZero() {
		return
	}
	var t time.Time
	if d > 0 {
		t = time.Now().Add(d)
	}
	_ = c.SetReadDeadline(t) // fails if c is closed
}

// accepted is the answer to a reply.
const accepted = `{"status":"OK"}` + "\n"

// handle does what the process asks for. After an error the connection is of no use any more.
func (c *Conn) handle(q *request) error {
	if q.refusal != nil {
		return c.refuse(q.refusal)
	}
	var err error
	switch h := c.server.handler; q.verb {
	case "next":
		if err = h.Next(c); err == nil {
			return nil // the event is the answer; c may belong to another goroutine now
		}
	case initErrorPath:
		err = h.InitError(parseFailure(q.errorType, q.body))
	default:
		r := q.reply()
		if err = h.Reply(r); err == nil && r.TooLarge {
			err = errReplySize
		}
	}
	if err != nil {
		return c.refuse(err)
	}
	if q.id != "" && !q.last && c.hasRequest() {
		c.held = appendAnswer(c.held, http.StatusAccepted, accepted, false)
		return nil
	}
	return c.answer(http.StatusAccepted, accepted)
}

// hasRequest reports whether the head of another request is here already. A process that sends its
// reply and its request for the next event together is not waiting for the answer to the reply,
// which then leaves with the event: that saves waking it up.
func (c *Conn) hasRequest() bool {
	here, _ := c.in.Peek(c.in.Buffered())
	return bytes.Contains(here, []byte("\r\n\r\n"))
}

// refuse answers with what is wrong.
func (c *Conn) refuse(err error) error {
	c.limitReads(c.server.limits.Silent) // it does not wait for an event
	r, ok := errors.AsType[*refusal](err)
	if !ok {
		r = errInternal
	}
	return c.answer(r.status, string(ErrorJSON(r.kind, r.message)))
}

// answer writes a response with a body of JSON.
func (c *Conn) answer(status int, body string) error {
	b := appendAnswer(c.held, status, body, c.last)
	c.held = c.held[:0]
	_, err := c.Write(b)
	return err
}

func appendAnswer(b []byte, status int, body string, last bool) []byte {
	b = append(b, "HTTP/1.1 "...)
	b = strconv.AppendInt(b, int64(status), 10)
	b = append(b, ' ')
	b = append(b, http.StatusText(status)...)
	b = append(b, "\r\nContent-Type: application/json\r\nContent-Length: "...)
	b = strconv.AppendInt(b, int64(len(body)), 10)
	if last {
		b = append(b, "\r\nConnection: close"...)
	}
	return append(append(b, "\r\n\r\n"...), body...)
}
