package ws

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"time"
)

// A Client is the client's end of a WebSocket, from [Dial]. It is blocking and simple, for tools
// and tests. One goroutine at a time may Read; everything else is safe beside it and beside itself.
// End it with Close or CloseNow, whatever Read has returned.
type Client struct {
	// OnPong, if set before the first Read, is called by Read with the payload of every pong. The
	// payload is valid until it returns.
	OnPong func(payload []byte)

	// static after construction
	conn        net.Conn
	subprotocol string
	deflate     bool

	reading ctxMutex // of Read and Close; guards what follows
	reader  Reader
	buf     []byte // received, not yet used
	readErr error  // of every Read from now on

	writing ctxMutex // guards what follows
	out     []byte   // memory for the frame under construction
	closed  bool     // a close frame was sent
}

func newClient(conn net.Conn, limit int, subprotocol string, deflate bool, early []byte) *Client {
	if limit == 0 {
		limit = defaultMaxMessage
	}
	return &Client{
		conn:        conn,
		subprotocol: subprotocol,
		deflate:     deflate,
		reader:      Reader{Config: &Config{Client: true, MaxMessage: limit}, Inflate: deflate},
		buf:         slices.Clone(early),
		reading:     newCtxMutex(),
		writing:     newCtxMutex(),
	}
}

// Subprotocol returns what the server chose, or "".
func (c *Client) Subprotocol() string { return c.subprotocol }

// Read returns the next data message, which the caller owns. Meanwhile it answers pings.
//
// Once the server has closed, it answers and returns a [*CloseError], with [CloseNoStatus] if the
// server gave no code. What the server does wrong is an error that wraps a [*CloseError], with
// which it has been closed. A socket that ends without a close frame, which others call 1006, is an
// error that wraps [io.ErrUnexpectedEOF] or the socket's own. These errors stay.
//
// When the context ends Read returns its error and nothing is lost: another Read goes on.
func (c *Client) Read(ctx context.Context) (Opcode, []byte, error) {
	if err := c.reading.lock(ctx); err != nil {
		return 0, nil, err
	}
	defer c.reading.unlock()
	release := guard(ctx, c.conn.SetReadDeadline)
	op, data, err := c.read(ctx)
	if stopped := release(); stopped != nil && isDeadline(err) {
		return 0, nil, stopped
	}
	return op, data, err
}

func isDeadline(err error) bool {
	return errors.Is(err, os.ErrDeadlineExceeded) ||
		errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)
}

// read is Read without the guard of the context. Errors of deadlines do not stay.
func (c *Client) read(ctx context.Context) (Opcode, []byte, error) {
	for c.readErr == nil {
		m, err := c.next()
		switch {
		case err != nil:
			err = c.refuse(err)
		case m.Op == OpText || m.Op == OpBinary:
			return m.Op, slices.Clone(m.Data), nil
		default:
			err = c.control(ctx, m)
		}
		if isDeadline(err) {
			return 0, nil, err
		}
		c.readErr = err
	}
	return 0, nil, c.readErr
}

// next returns the next message, whose Data is valid until the next call.
func (c *Client) next() (Message, error) {
	for {
		m, n, err := c.reader.Next(c.buf)
		c.buf = c.buf[n:]
		if err != nil || m.Op != 0 {
			return m, err
		}
		if err := c.fill(); err != nil {
			return Message{}, fmt.Errorf("read frame: %w", err)
		}
	}
}

// fill reads once from the socket. The buffer grows with what is waiting in it, not with what a
// header promises.
func (c *Client) fill() error {
	old := len(c.buf)
	c.buf = slices.Grow(c.buf, max(4<<10, old))
	n, err := c.conn.Read(c.buf[old:cap(c.buf)])
	c.buf = c.buf[:old+n]
	switch {
	case n > 0:
		return nil
	case errors.Is(err, io.EOF):
		return io.ErrUnexpectedEOF
	}
	return err
}

// refuse closes the server with err, if it is its fault.
func (c *Client) refuse(err error) error {
	e, ok := err.(*CloseError)
	if !ok {
		return err
	}
	_ = c.writeClose(e.Code, e.Reason) // the first error counts
	return fmt.Errorf("read frame: %w", err)
}

// control does what a control frame asks for. Its error ends reading.
func (c *Client) control(ctx context.Context, m Message) error {
	switch m.Op {
	case OpPing:
		return c.pong(ctx, m.Data)
	case OpPong:
		if c.OnPong != nil {
			c.OnPong(m.Data)
		}
		return nil
	}
	code, reason, err := ParseClose(m.Data)
	if err != nil {
		return c.refuse(err)
	}
	_ = c.writeClose(code, "") // the server's word counts
	return &CloseError{Code: code, Reason: reason}
}

func (c *Client) pong(ctx context.Context, payload []byte) error {
	err := c.Write(ctx, OpPong, payload)
	if errors.Is(err, net.ErrClosed) {
		// After a close frame nothing is sent, and nothing is wrong.
		return nil
	}
	return err
}

// guard makes calls on a socket end with ctx, by a deadline in the past. The returned function ends
// the guard, takes that deadline away and returns the error of ctx if it has struck.
func guard(ctx context.Context, setDeadline func(time.Time) error) (release func() error) {
	done := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(done)
		_ = setDeadline(time.Unix(1, 0)) // fails on a closed socket only
	})
	return func() error {
		if stop() {
			return nil
		}
		<-done
		_ = setDeadline(time.Time{})
		return ctx.Err()
	}
}
