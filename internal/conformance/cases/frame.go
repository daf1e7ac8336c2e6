package cases

import (
	"fmt"
	"strings"

	"github.com/tyg-dev/tyg/internal/conformance/harness"
	"github.com/tyg-dev/tyg/internal/ws"
)

// frameCases check the bits of frames.
func frameCases() []harness.Case {
	const rfc = "RFC 6455 5.2"
	var cases []harness.Case
	for _, op := range []ws.Opcode{3, 4, 5, 6, 7, 11, 12, 13, 14, 15} {
		cases = append(cases, judged(fmt.Sprintf("frame/opcode-%d", op), rfc,
			fmt.Sprintf("opcode %d is reserved: 1002", op),
			breach(ws.CloseProtocolError, harness.Frame{Op: op})))
	}
	for bit := 1; bit <= 3; bit++ {
		cases = append(cases, judged(fmt.Sprintf("frame/rsv%d", bit), rfc,
			fmt.Sprintf("RSV%d without an extension: 1002", bit),
			breach(ws.CloseProtocolError, harness.Frame{Op: ws.OpText, RSV: bit, Payload: "hello"})))
	}
	return append(cases,
		judged("frame/unmasked", rfc, "a frame without a mask: 1002",
			breach(ws.CloseProtocolError, harness.Frame{Op: ws.OpText, Unmasked: true, Payload: "hello"})),
		judged("frame/unmasked-control", rfc, "a ping without a mask: 1002",
			breach(ws.CloseProtocolError, harness.Frame{Op: ws.OpPing, Unmasked: true})),
		judged("frame/zero-mask", rfc, "a mask of zeros is valid",
			echoed("hello", harness.Frame{Op: ws.OpText, ZeroMask: true, Payload: "hello"})),
		judged("frame/several", rfc, "several frames in one write are several messages",
			func(t *harness.T) {
				p := t.Dial()
				p.WriteRaw(harness.Encode(textFrame("a"), textFrame("b"),
					textFrame("c")))
				for _, want := range []string{"a", "b", "c"} {
					t.Equal("body", p.Notice().Event.Body(), want)
				}
			}),
		judged("frame/bytes", rfc, "a frame may arrive byte by byte", func(t *harness.T) {
			p := t.Dial()
			for _, b := range textFrame(strings.Repeat("x", 200)).Bytes() {
				p.WriteRaw([]byte{b})
			}
			t.Equal("bytes", p.Notice().Bytes, 200)
		}),
	)
}

// headerCases check the length of frames.
func headerCases() []harness.Case {
	const rfc = "RFC 6455 5.2"
	var cases []harness.Case
	for _, n := range []int{0, 1, 125, 126, 127, 4096, 32767} {
		message := strings.Repeat("x", n)
		cases = append(cases, judged(fmt.Sprintf("frame/length-%d", n), rfc,
			fmt.Sprintf("a frame of %d bytes", n), echoed(message, textFrame(message))))
	}
	wrong := func(b []byte) func(*harness.T) {
		return func(t *harness.T) {
			p := t.Dial()
			p.WriteRaw(b)
			p.ExpectClose(ws.CloseProtocolError)
		}
	}
	return append(cases,
		judged("frame/long-16", rfc, "a length of 5 in 16 bits: 1002", wrong(harness.LongLength(5, 2))),
		judged("frame/long-64", rfc, "a length of 5 in 64 bits: 1002", wrong(harness.LongLength(5, 8))),
		judged("frame/long-64-of-16", rfc, "a length of 300 in 64 bits: 1002",
			wrong(harness.LongLength(300, 8))),
		judged("frame/negative", rfc, "a length of 2^63: 1002",
			wrong([]byte{0x81, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0})),
		judged("frame/huge", "6.1", "a length of 2^62: 1009", func(t *harness.T) {
			p := t.Dial()
			p.WriteRaw([]byte{0x81, 0xff, 0x40, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0})
			p.ExpectClose(ws.CloseMessageTooBig)
		}))
}

// echoed sends frames, which must arrive as one message.
func echoed(message string, frames ...harness.Frame) func(*harness.T) {
	return func(t *harness.T) {
		p := t.Dial()
		p.WriteRaw(harness.Encode(frames...))
		n := p.Notice()
		t.Equal("bytes", n.Bytes, len(message))
		t.Equal("SHA-256", n.SHA256, harness.HexSum([]byte(message)))
	}
}

// fragmentCases check messages in several frames.
func fragmentCases() []harness.Case {
	const rfc = "RFC 6455 5.4"
	first := harness.Frame{Op: ws.OpText, More: true, Payload: "hel"}
	last := harness.Frame{Op: ws.OpContinuation, Payload: "lo"}
	empty := harness.Frame{Op: ws.OpContinuation, More: true}
	return []harness.Case{
		judged("fragment/two", rfc, "two fragments are one message", echoed("hello", first, last)),
		judged("fragment/bytes", rfc, "a message may have a fragment for each byte",
			echoed("hello, world", harness.Fragments("hello, world", 1)...)),
		judged("fragment/empty", rfc, "fragments may be empty",
			echoed("hello", harness.Frame{Op: ws.OpText, More: true}, empty,
				harness.Frame{Op: ws.OpContinuation, More: true, Payload: "hello"},
				empty, harness.Frame{Op: ws.OpContinuation})),
		judged("fragment/all-empty", rfc, "all of them may be empty",
			echoed("", harness.Frame{Op: ws.OpText, More: true}, harness.Frame{Op: ws.OpContinuation})),
		judged("fragment/ping-between", rfc, "control frames may come between fragments",
			func(t *harness.T) {
				p := t.Dial()
				pongs := p.Pongs()
				p.WriteRaw(harness.Encode(first, harness.Frame{Op: ws.OpPing, Payload: "between"}, last))
				t.Equal("body", p.Notice().Event.Body(), "hello")
				t.Equal("pongs", strings.Join(*pongs, " "), "between")
			}),
		judged("fragment/close-between", rfc, "a client may close in the middle of a message",
			func(t *harness.T) {
				p := t.Dial()
				p.WriteRaw(harness.Encode(first, closeFrame(1000, "")))
				p.ExpectClose(1000)
			}),
		judged("fragment/no-first", rfc, "a continuation without a first fragment: 1002",
			breach(ws.CloseProtocolError, last)),
		judged("fragment/no-first-more", rfc, "an unfinished continuation without a first fragment: 1002",
			breach(ws.CloseProtocolError, empty)),
		judged("fragment/after-whole", rfc, "a continuation after a whole message: 1002",
			breach(ws.CloseProtocolError, textFrame("hello"), last)),
		judged("fragment/text-inside", rfc, "a message inside another: 1002",
			breach(ws.CloseProtocolError, first, textFrame("hello"))),
		judged("fragment/first-inside", rfc, "the beginning of a message inside another: 1002",
			breach(ws.CloseProtocolError, first, first)),
	}
}
