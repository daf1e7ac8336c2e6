// pooled is a design study, not a library: the least that a Go server with a goroutine for each
// connection does. It holds no buffer while it waits for Go's own poller (RawConn.Read), handles
// all frames of a read in one pass, and writes all replies at once. It encodes the frame of a
// broadcast once and writes it without waiting; only a full socket gets a queue.
package main

import (
	"bytes"
	"net"
	"sync"
	"syscall"

	"github.com/tyg-dev/tyg/bench/internal/serve"
	"github.com/tyg-dev/tyg/bench/internal/wire"
)

const bufSize = 64 << 10

type server struct {
	room    bool
	buffers sync.Pool // of *[bufSize]byte
	outs    sync.Pool // of *[]byte

	mu      sync.RWMutex
	members []*conn
}

func main() {
	o := serve.Parse()
	s := &server{room: o.Room}
	s.buffers.New = func() any { return new([bufSize]byte) }
	s.outs.New = func() any { b := make([]byte, 0, bufSize); return &b }
	l := o.Listen()
	for {
		c, err := l.Accept()
		serve.Check(err)
		go s.serve(c.(*net.TCPConn)) // ends with its client
	}
}

type conn struct {
	srv  *server
	nc   *net.TCPConn
	raw  syscall.RawConn
	open bool
	rest []byte // an incomplete handshake or frame

	read    func(fd uintptr) bool // receive, made once
	buf     *[bufSize]byte        // nil while the connection waits
	n       int
	readErr error

	mu    sync.Mutex
	busy  bool // flush runs
	queue []byte
}

func (s *server) serve(nc *net.TCPConn) {
	defer nc.Close()
	raw, err := nc.SyscallConn()
	if err != nil {
		return
	}
	c := &conn{srv: s, nc: nc, raw: raw}
	c.read = c.receive
	for c.raw.Read(c.read) == nil && c.readErr == nil && c.n > 0 {
		b := c.buf[:c.n]
		if c.rest != nil {
			b = append(c.rest, b...)
			c.rest = nil
		}
		ok := c.handle(b)
		s.buffers.Put(c.buf)
		c.buf = nil
		if !ok {
			return
		}
	}
}

// receive keeps a buffer only if the socket has bytes.
func (c *conn) receive(fd uintptr) bool {
	b := c.srv.buffers.Get().(*[bufSize]byte)
	for {
		n, err := rawIO(syscall.SYS_READ, fd, b[:])
		switch err {
		case syscall.EINTR:
		case syscall.EAGAIN:
			c.srv.buffers.Put(b)
			return false
		case 0:
			c.buf, c.n = b, n
			return true
		default:
			c.buf, c.readErr = b, err
			return true
		}
	}
}

// handle reports whether the connection goes on.
func (c *conn) handle(b []byte) bool {
	if c.open {
		return c.frames(b)
	}
	head, rest, ok := bytes.Cut(b, []byte("\r\n\r\n"))
	if !ok {
		c.rest = bytes.Clone(b)
		return true
	}
	response := wire.Response(head)
	if response == nil {
		return false
	}
	c.open = true
	c.srv.join(c)
	c.send(response)
	return c.frames(rest)
}

func (s *server) join(c *conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.room {
		s.members = append(s.members, c)
	}
}

func (c *conn) frames(b []byte) bool {
	buf := c.srv.outs.Get().(*[]byte)
	defer c.srv.outs.Put(buf)
	out := (*buf)[:0]
	for len(b) > 0 {
		h, size := wire.ParseHeader(b)
		if size == 0 || len(b)-size < h.Length {
			c.rest = bytes.Clone(b)
			break
		}
		if !h.Masked || h.Op == wire.OpClose {
			return false
		}
		if h.Op == wire.OpPing {
			h.Op = wire.OpPong
		}
		payload := b[size : size+h.Length]
		wire.Mask(payload, h.Key)
		out = wire.AppendHeader(out, h.Op, h.Length)
		out = append(out, payload...)
		b = b[size+h.Length:]
	}
	*buf = out
	if len(out) > 0 {
		c.reply(out)
	}
	return true
}

func (c *conn) reply(b []byte) {
	if !c.srv.room {
		c.send(b)
		return
	}
	c.srv.mu.RLock()
	defer c.srv.mu.RUnlock()
	for _, m := range c.srv.members {
		m.send(b)
	}
}

// send writes what the socket takes now; flush writes the rest.
func (c *conn) send(b []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.busy {
		c.queue = append(c.queue, b...)
		return
	}
	written := 0
	_ = c.raw.Write(func(fd uintptr) bool { // the reading side sees the end
		if n, err := rawIO(syscall.SYS_WRITE, fd, b); err == 0 {
			written = n
		}
		return true
	})
	if written < len(b) {
		c.busy = true
		c.queue = append(c.queue, b[written:]...)
		go c.flush() // ends when the queue is empty, or with the socket
	}
}

func (c *conn) flush() {
	for {
		c.mu.Lock()
		b := c.queue
		c.queue = nil
		c.busy = len(b) > 0
		c.mu.Unlock()
		if len(b) == 0 {
			return
		}
		if _, err := c.nc.Write(b); err != nil {
			return
		}
	}
}
