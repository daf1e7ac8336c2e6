package load

import (
	"bytes"
	"fmt"

	"github.com/tyg-dev/tyg/bench/internal/wire"
)

// maskKey masks all frames of the client. Its value makes no difference to a server.
const maskKey = 0x5ac7913d

// parser is the state of reading the server's stream.
type parser struct {
	head    []byte // a frame header that is not complete
	frame   wire.Header
	inside  bool // its header was read
	at      int  // bytes of its payload that have arrived
	lines   int  // Centrifuge: replies of the message so far
	control []byte
}

// receive takes bytes and returns how many messages they complete.
func (c *conn) receive(b []byte) (done int, err error) {
	if c.client.Dialect == TCP {
		return c.stream(b)
	}
	for len(b) > 0 {
		if !c.inside {
			if b = c.header(b); !c.inside {
				return done, nil
			}
			if err := c.begin(); err != nil {
				return 0, err
			}
		}
		part := b[:min(c.frame.Length-c.at, len(b))]
		b = b[len(part):]
		if err := c.body(part); err != nil {
			return 0, err
		}
		if c.at += len(part); c.at < c.frame.Length {
			continue
		}
		n, err := c.finish()
		if err != nil {
			return 0, err
		}
		done += n
	}
	return done, nil
}

// stream compares bytes of a connection without frames.
func (c *conn) stream(b []byte) (done int, err error) {
	for len(b) > 0 {
		part := b[:min(c.client.Size-c.at, len(b))]
		b = b[len(part):]
		if err := c.compare(part); err != nil {
			return 0, err
		}
		if c.at += len(part); c.at == c.client.Size {
			c.at = 0
			done++
		}
	}
	return done, nil
}

// header takes bytes up to the end of a frame header, and returns the rest.
func (c *conn) header(b []byte) []byte {
	if len(c.head) == 0 {
		if h, size := wire.ParseHeader(b); size > 0 {
			c.frame, c.inside = h, true
			return b[size:]
		}
	}
	for i := range b {
		c.head = append(c.head, b[i])
		if h, size := wire.ParseHeader(c.head); size > 0 {
			c.frame, c.inside, c.head = h, true, c.head[:0]
			return b[i+1:]
		}
	}
	return nil
}

func (c *conn) begin() error {
	c.at, c.lines, c.control = 0, 0, nil
	h := c.frame
	switch {
	case h.Masked:
		return c.failed("check", fmt.Errorf("a frame of the server is masked"))
	case h.Op >= wire.OpClose || c.isNotice() || c.isTextPing():
	case c.client.Dialect == Centrifuge:
	case h.Op != c.client.op():
		return c.failed("check", fmt.Errorf("opcode is %d, want %d", h.Op, c.client.op()))
	case h.Length != c.client.Size:
		return c.failed("check", fmt.Errorf("%d bytes arrived, want %d", h.Length, c.client.Size))
	}
	return nil
}

// isNotice reports whether the frame is a message of the chat itself, which is not measured.
func (c *conn) isNotice() bool {
	return c.client.Dialect == Chat && (c.state != open || c.frame.Length < minLine)
}

// isTextPing reports whether the frame is centrifuge's ping, an empty command, which is sent back.
// (https://centrifugal.dev/docs/transports/client_protocol)
func (c *conn) isTextPing() bool {
	return c.client.Dialect == Centrifuge && c.frame.Op == wire.OpText && c.frame.Length == 2
}

func (c *conn) body(b []byte) error {
	switch {
	case c.frame.Op >= wire.OpClose || c.isNotice() || c.isTextPing():
		c.control = append(c.control, b...)
		return nil
	case c.client.Dialect == Centrifuge:
		c.countLines(b)
		return nil
	}
	return c.compare(b)
}

// compare checks the part of a message that begins at c.at.
func (c *conn) compare(b []byte) error {
	wants := c.client.wants
	if wants == nil {
		return c.failed("check", fmt.Errorf("%.40q arrived before a message was sent", b))
	}
	want := wants[c.got%uint64(len(wants))][c.at:]
	if !bytes.Equal(b, want[:len(b)]) {
		return c.failed("check", fmt.Errorf("%.40q arrived at byte %d, want %.40q", b, c.at, want))
	}
	return nil
}

// finish ends a frame, and returns how many messages it completed.
func (c *conn) finish() (int, error) {
	c.inside = false
	switch c.frame.Op {
	case wire.OpClose:
		return 0, c.failed("check", fmt.Errorf("the server closed the connection with %q", c.control))
	case wire.OpPing:
		return 0, c.write(wire.AppendMasked(nil, wire.OpPong, c.control, maskKey))
	case wire.OpPong:
		return 0, nil
	}
	if c.isTextPing() {
		return 0, c.write(wire.AppendMasked(nil, wire.OpText, c.control, maskKey))
	}
	if c.isNotice() {
		return c.greeting(c.control)
	}
	n := 1
	if c.client.Dialect == Centrifuge {
		n = c.lines
	}
	c.got += uint64(n)
	return n, nil
}
