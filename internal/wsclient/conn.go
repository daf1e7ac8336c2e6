// Package wsclient is the client's end of a WebSocket, for tools and tests.
package wsclient

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"time"

	"github.com/tyg-dev/tyg/internal/ws"
)

// A Conn is a client's connection, made by [Dial]. Its calls block. One goroutine at a time may
// Read; all other methods may be called at any time. End it with Close or CloseNow, also after an
// error of Read.
type Conn struct {
	// OnPong, if set before the first Read, is called by Read with the payload of every pong. The
	// payload is valid until it returns.
	OnPong func(payload []byte)

	// OnPing is OnPong for the pings of the server, which Read answers by itself.
	OnPing func(payload []byte)

	// static after construction
	conn        net.Conn
	subprotocol string
	deflate     bool
	maxFrame    int // 0: no limit

	reading ctxMutex // of Read and Close; guards the fields below
	reader  ws.Reader
	buf     []byte // received, not yet used
	readErr error  // returned by every Read from now on

	writing ctxMutex // guards the fields below
	out     []byte   // memory for the frame under construction
	closed  bool     // a close frame was sent
}

func newConn(conn net.Conn, limit int, subprotocol string, deflate bool, buf []byte) *Conn {
	if limit == 0 {
		limit = defaultMaxMessage
	}
	return &Conn{
		conn:        conn,
		subprotocol: subprotocol,
		deflate:     deflate,
		reader:      ws.Reader{Config: &ws.Config{Client: true, MaxMessage: limit}, Inflate: deflate},
		buf:         slices.Clone(buf),
		reading:     newCtxMutex(),
		writing:     newCtxMutex(),
	}
}

// Subprotocol returns the subprotocol that the server chose, or "".
func (c *Conn) Subprotocol() string { return c.subprotocol }

// Read returns the next data message, which the caller owns. Meanwhile it answers pings.
//
// When the server closes, Read answers and returns a [*ws.CloseError], with [ws.CloseNoStatus] if
// the server gave no code. When the server breaks the protocol, Read closes the WebSocket and
// returns an error that wraps a [*ws.CloseError] with the code sent. When the socket ends without a
// close frame (close code 1006), the error wraps [io.ErrUnexpectedEOF] or the socket's own. Every
// later Read returns the same error.
//
// When the context ends Read returns its error and no data is lost: the next Read continues.
func (c *Conn) Read(ctx context.Context) (ws.Opcode, []byte, error) {
	if err := c.reading.lock(ctx); err != nil {
		return 0, nil, err
	}
	defer c.reading.unlock()
	release := interrupt(ctx, c.conn.SetReadDeadline)
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

// read is Read without the lock and the context. It does not keep errors of deadlines.
func (c *Conn) read(ctx context.Context) (ws.Opcode, []byte, error) {
	for c.readErr == nil {
		m, err := c.next()
		switch {
		case err != nil:
			err = c.reject(err)
		case m.Op == ws.OpText || m.Op == ws.OpBinary:
			return m.Op, slices.Clone(m.Data), nil
		default:
			err = c.handleControl(ctx, m)
		}
		if isDeadline(err) {
			return 0, nil, err
		}
		c.readErr = err
	}
	return 0, nil, c.readErr
}

// next returns the next message, whose Data is valid until the next call.
func (c *Conn) next() (ws.Message, error) {
	for {
		m, n, err := c.reader.Next(c.buf)
		c.buf = c.buf[n:]
		if err != nil || m.Op != 0 {
			return m, err
		}
		if err := c.fill(); err != nil {
			return ws.Message{}, fmt.Errorf("read frame: %w", err)
		}
	}
}

// fill reads once from the socket. The buffer grows with the bytes in it, not with the length that
// a header claims.
func (c *Conn) fill() error {
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

// reject closes the WebSocket with the code of err, if err is a CloseError.
func (c *Conn) reject(err error) error {
	e, ok := err.(*ws.CloseError)
	if !ok {
		return err
	}
	_ = c.writeClose(e.Code, e.Reason) // err is the one to report
	return fmt.Errorf("read frame: %w", err)
}

// handleControl handles a control frame. Its error ends reading.
func (c *Conn) handleControl(ctx context.Context, m ws.Message) error {
	switch m.Op {
	case ws.OpPing:
		if c.OnPing != nil {
			c.OnPing(m.Data)
		}
		return c.pong(ctx, m.Data)
	case ws.OpPong:
		if c.OnPong != nil {
			c.OnPong(m.Data)
		}
		return nil
	}
	code, reason, err := ws.ParseClose(m.Data)
	if err != nil {
		return c.reject(err)
	}
	_ = c.writeClose(code, "") // the server's close is the one to report
	return &ws.CloseError{Code: code, Reason: reason}
}

func (c *Conn) pong(ctx context.Context, payload []byte) error {
	err := c.Write(ctx, ws.OpPong, payload)
	if errors.Is(err, net.ErrClosed) {
		// After a close frame no pong is sent, which is no error.
		return nil
	}
	return err
}

// interrupt makes calls on a socket end with ctx, by setting a deadline in the past. The caller
// must call release after its calls: it removes the deadline and returns the error of ctx if it was
// set.
func interrupt(ctx context.Context, setDeadline func(time.Time) error) (release func() error) {
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
