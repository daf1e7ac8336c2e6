package load

import (
	"bytes"
	"fmt"

	"github.com/tyg-dev/tyg/bench/internal/wire"
)

// payload returns a message of size bytes.
func payload(d Dialect, size int) ([]byte, error) {
	const letters = "abcdefghijklmnopqrstuvwxyz0123456789"
	text := bytes.Repeat([]byte(letters), size/len(letters)+1)[:size]
	switch d {
	case JSON:
	case Chat:
		if size < minLine {
			return nil, fmt.Errorf("a chat line needs at least %d bytes", minLine)
		}
		copy(text, publisherName+": ")
		return text, nil
	default:
		return text, nil
	}
	const head, tail = `{"action":"echo","data":"`, `"}`
	if size < len(head)+len(tail) {
		return nil, fmt.Errorf("a JSON message needs at least %d bytes", len(head)+len(tail))
	}
	copy(text, head)
	copy(text[size-len(tail):], tail)
	return text, nil
}

// op returns the opcode of messages. API Gateway, and tyg by default, refuses binary messages.
func (l *client) op() byte {
	if l.Binary {
		return wire.OpBinary
	}
	return wire.OpText
}

// encode appends a message in its wire format.
func (l *client) encode(dst, payload []byte) []byte {
	switch l.Dialect {
	case TCP:
		return append(dst, payload...)
	case Centrifuge:
		return wire.AppendMasked(dst, wire.OpText, l.command(payload), maskKey)
	case Action:
		text := fmt.Appendf(nil, `{"action":"echo","data":"%s"}`, payload)
		return wire.AppendMasked(dst, wire.OpText, text, maskKey)
	case Chat:
		payload = payload[len(publisherName+": "):] // the chat adds it
	}
	return wire.AppendMasked(dst, l.op(), payload, maskKey)
}

// command returns a message in centrifuge's JSON protocol
// (https://centrifugal.dev/docs/transports/client_protocol).
func (l *client) command(payload []byte) []byte {
	if l.room {
		return fmt.Appendf(nil, `{"id":4,"publish":{"channel":"room","data":"%s"}}`, payload)
	}
	return fmt.Appendf(nil, `{"id":3,"rpc":{"method":"echo","data":"%s"}}`, payload)
}

// publisherName is the nickname of the publishing connection.
const publisherName = "n0"

// minLine is the least length of a measured chat line. The chat's own shorter messages announce a
// new member.
const minLine = 40

// greet sends the dialect's greeting, if it has one, and joins the room.
func (c *conn) greet() error {
	switch c.client.Dialect {
	case Centrifuge:
		return c.greetCentrifuge()
	case Chat:
		c.greets = 2
		hello := wire.AppendMasked(nil, wire.OpText, fmt.Appendf(nil, "n%d", c.index), maskKey)
		return c.write(wire.AppendMasked(hello, wire.OpText, []byte("/join bench"), maskKey))
	}
	return nil
}

// greeting returns 1 if text is one of the chat's two answers to a greeting, else 0.
func (c *conn) greeting(text []byte) (int, error) {
	for _, answer := range []string{"Using nickname: ", "Joined chat room "} {
		if bytes.HasPrefix(text, []byte(answer)) {
			return 1, nil
		}
	}
	if len(text) < minLine && bytes.HasSuffix(text, []byte(" joined room.")) {
		return 0, nil
	}
	return 0, c.failed("greet", fmt.Errorf("the chat answered %q", text))
}

func (c *conn) greetCentrifuge() error {
	hello := wire.AppendMasked(nil, wire.OpText, []byte(`{"id":1,"connect":{}}`), maskKey)
	c.greets = 1
	if c.client.room && !c.guest {
		join := []byte(`{"id":2,"subscribe":{"channel":"room"}}`)
		hello = wire.AppendMasked(hello, wire.OpText, join, maskKey)
		c.greets = 2
	}
	return c.write(hello)
}

// countLines counts replies: a line each. The last may lack its newline.
func (c *conn) countLines(b []byte) {
	c.lines += bytes.Count(b, []byte("\n"))
	if c.at+len(b) == c.frame.Length && b[len(b)-1] != '\n' {
		c.lines++
	}
}
