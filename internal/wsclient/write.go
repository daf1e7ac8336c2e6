package wsclient

import (
	"context"
	"crypto/rand"
	"fmt"
	"math"
	"net"

	"github.com/tyg-dev/tyg/internal/ws"
)

// Write sends data, compressed if that was negotiated, as one frame, or as several if it is longer
// than Options.MaxFrame. It checks neither op nor data. The caller may reuse data when Write
// returns. After a close frame Write sends nothing and returns an error that wraps [net.ErrClosed].
// If the context ends during Write, the socket is closed, because nothing can follow half a frame.
func (c *Conn) Write(ctx context.Context, op ws.Opcode, data []byte) error {
	if err := c.writing.lock(ctx); err != nil {
		return err
	}
	defer c.writing.unlock()
	if c.closed {
		return fmt.Errorf("write frame: %w", net.ErrClosed)
	}
	c.closed = op == ws.OpClose
	c.out = c.appendMessage(c.out[:0], op, data)
	return c.write(ctx, c.out)
}

// WriteRaw sends bytes as they are, even after a close frame.
func (c *Conn) WriteRaw(ctx context.Context, b []byte) error {
	if err := c.writing.lock(ctx); err != nil {
		return err
	}
	defer c.writing.unlock()
	return c.write(ctx, b)
}

// Ping sends a ping and does not wait for the pong: see OnPong.
func (c *Conn) Ping(ctx context.Context) error { return c.Write(ctx, ws.OpPing, nil) }

// appendMessage appends the frames of a message. Control frames are never split (RFC 6455 section
// 5.5).
func (c *Conn) appendMessage(dst []byte, op ws.Opcode, data []byte) []byte {
	h := ws.Header{Opcode: op, Masked: true}
	longest := c.maxFrame
	if longest == 0 || op >= ws.OpClose {
		longest = math.MaxInt
	}
	if c.deflate && op < ws.OpClose {
		h.RSV1 = true
		data = ws.AppendDeflated(nil, data)
	}
	for !h.Fin {
		payload := data[:min(len(data), longest)]
		data = data[len(payload):]
		h.Fin = len(data) == 0
		dst = appendFrame(dst, h, payload)
		h.Opcode, h.RSV1 = ws.OpContinuation, false // RFC 7692 section 6.1: the first frame has the bit
	}
	return dst
}

func appendFrame(dst []byte, h ws.Header, payload []byte) []byte {
	h.Length = int64(len(payload))
	// RFC 6455 section 5.3: an unpredictable key, new for each frame.
	_, _ = rand.Read(h.Mask[:]) // never fails
	dst = ws.AppendHeader(dst, h)
	start := len(dst)
	dst = append(dst, payload...)
	ws.Mask(dst[start:], h.Mask)
	return dst
}

// write sends b. After an error the socket is closed.
func (c *Conn) write(ctx context.Context, b []byte) error {
	release := interrupt(ctx, c.conn.SetWriteDeadline)
	_, err := c.conn.Write(b)
	stopped := release()
	if err == nil {
		return nil
	}
	_ = c.conn.Close()
	if stopped != nil {
		return stopped
	}
	return fmt.Errorf("write frame: %w", err)
}
