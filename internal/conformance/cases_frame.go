package conformance

import (
	"fmt"
	"strings"

	"github.com/tyg-dev/tyg/internal/ws"
)

// frameCases are about the bits of frames.
func frameCases() []Case {
	const rfc = "RFC 6455 5.2"
	var cases []Case
	for _, op := range []ws.Opcode{3, 4, 5, 6, 7, 11, 12, 13, 14, 15} {
		cases = append(cases, judged(fmt.Sprintf("frame/opcode-%d", op), rfc,
			fmt.Sprintf("opcode %d is reserved: 1002", op), breach(ws.CloseProtocolError, frame{op: op})))
	}
	for bit := 1; bit <= 3; bit++ {
		cases = append(cases, judged(fmt.Sprintf("frame/rsv%d", bit), rfc,
			fmt.Sprintf("RSV%d without an extension: 1002", bit),
			breach(ws.CloseProtocolError, frame{op: ws.OpText, rsv: bit, payload: "hello"})))
	}
	return append(cases,
		judged("frame/unmasked", rfc, "a frame without a mask: 1002",
			breach(ws.CloseProtocolError, frame{op: ws.OpText, naked: true, payload: "hello"})),
		judged("frame/unmasked-control", rfc, "a ping without a mask: 1002",
			breach(ws.CloseProtocolError, frame{op: ws.OpPing, naked: true})),
		judged("frame/zero-mask", rfc, "a mask of zeros is a mask",
			echoed("hello", frame{op: ws.OpText, zero: true, payload: "hello"})),
		judged("frame/several", rfc, "several frames in one write are several messages", func(t *trial) {
			p := t.dial()
			p.raw(wire(frame{op: ws.OpText, payload: "a"}, frame{op: ws.OpText, payload: "b"},
				frame{op: ws.OpText, payload: "c"}))
			for _, want := range []string{"a", "b", "c"} {
				t.equal("body", p.note().Event.body(), want)
			}
		}),
		judged("frame/bytes", rfc, "a frame may come byte by byte", func(t *trial) {
			p := t.dial()
			for _, b := range (frame{op: ws.OpText, payload: strings.Repeat("x", 200)}).bytes() {
				p.raw([]byte{b})
			}
			t.equal("bytes", p.note().Bytes, 200)
		}),
	)
}

// headerCases are about the length of frames.
func headerCases() []Case {
	const rfc = "RFC 6455 5.2"
	var cases []Case
	for _, n := range []int{0, 1, 125, 126, 127, 4096, 32767} {
		message := strings.Repeat("x", n)
		cases = append(cases, judged(fmt.Sprintf("frame/length-%d", n), rfc,
			fmt.Sprintf("a frame of %d bytes", n), echoed(message, frame{op: ws.OpText, payload: message})))
	}
	wrong := func(b []byte) func(*trial) {
		return func(t *trial) {
			p := t.dial()
			p.raw(b)
			p.closed(ws.CloseProtocolError)
		}
	}
	return append(cases,
		judged("frame/long-16", rfc, "a length of 5 in 16 bits: 1002", wrong(longLength(5, 2))),
		judged("frame/long-64", rfc, "a length of 5 in 64 bits: 1002", wrong(longLength(5, 8))),
		judged("frame/long-64-of-16", rfc, "a length of 300 in 64 bits: 1002", wrong(longLength(300, 8))),
		judged("frame/negative", rfc, "a length of 2^63: 1002",
			wrong([]byte{0x81, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0})),
		judged("frame/huge", "6.1", "a header that promises 2^62 bytes: 1009", func(t *trial) {
			p := t.dial()
			p.raw([]byte{0x81, 0xff, 0x40, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0})
			p.closed(ws.CloseMessageTooBig)
		}))
}

// echoed sends frames that make one message.
func echoed(message string, frames ...frame) func(*trial) {
	return func(t *trial) {
		p := t.dial()
		p.raw(wire(frames...))
		n := p.note()
		t.equal("bytes", n.Bytes, len(message))
		t.equal("SHA-256", n.SHA256, hexSum([]byte(message)))
	}
}

// fragmentCases are about messages in several frames.
func fragmentCases() []Case {
	const rfc = "RFC 6455 5.4"
	first := frame{op: ws.OpText, more: true, payload: "hel"}
	last := frame{op: ws.OpContinuation, payload: "lo"}
	empty := frame{op: ws.OpContinuation, more: true}
	return []Case{
		judged("fragment/two", rfc, "two fragments are one message", echoed("hello", first, last)),
		judged("fragment/bytes", rfc, "as many fragments as bytes",
			echoed("hello, world", fragments("hello, world", 1)...)),
		judged("fragment/empty", rfc, "fragments may be empty",
			echoed("hello", frame{op: ws.OpText, more: true}, empty,
				frame{op: ws.OpContinuation, more: true, payload: "hello"},
				empty, frame{op: ws.OpContinuation})),
		judged("fragment/all-empty", rfc, "all of them may be empty",
			echoed("", frame{op: ws.OpText, more: true}, frame{op: ws.OpContinuation})),
		judged("fragment/ping-between", rfc, "control frames may come between fragments", func(t *trial) {
			p := t.dial()
			pongs := p.pongs()
			p.raw(wire(first, frame{op: ws.OpPing, payload: "between"}, last))
			t.equal("body", p.note().Event.body(), "hello")
			t.equal("pongs", strings.Join(*pongs, " "), "between")
		}),
		judged("fragment/close-between", rfc, "a client may close in the middle of a message",
			func(t *trial) {
				p := t.dial()
				p.raw(wire(first, frame{op: ws.OpClose, payload: closing(1000, "")}))
				p.closed(1000)
			}),
		judged("fragment/no-first", rfc, "a continuation of nothing: 1002",
			breach(ws.CloseProtocolError, last)),
		judged("fragment/no-first-more", rfc, "an open continuation of nothing: 1002",
			breach(ws.CloseProtocolError, empty)),
		judged("fragment/after-whole", rfc, "a continuation after a whole message: 1002",
			breach(ws.CloseProtocolError, frame{op: ws.OpText, payload: "hello"}, last)),
		judged("fragment/text-inside", rfc, "a message inside another: 1002",
			breach(ws.CloseProtocolError, first, frame{op: ws.OpText, payload: "hello"})),
		judged("fragment/first-inside", rfc, "the beginning of a message inside another: 1002",
			breach(ws.CloseProtocolError, first, first)),
	}
}
