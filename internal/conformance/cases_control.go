package conformance

import (
	"fmt"
	"strings"

	"github.com/tyg-dev/tyg/internal/ws"
)

// pongs collects the payloads of pongs from now on, while the peer reads.
func (p *peer) pongs() *[]string {
	got := new([]string)
	p.conn.OnPong = func(payload []byte) { *got = append(*got, string(payload)) }
	return got
}

// controlCases are about control frames.
func controlCases() []Case {
	const rfc = "RFC 6455 5.5"
	answered := func(payloads ...string) func(*trial) {
		return func(t *trial) {
			p := t.dial()
			pongs := p.pongs()
			for _, payload := range payloads {
				p.raw(frame{op: ws.OpPing, payload: payload}.bytes())
			}
			p.calm()
			// RFC 6455 section 5.5.3 lets an endpoint answer only the last of several.
			t.equal("payload of the last pong", show(last(*pongs)), show(last(payloads)))
		}
	}
	cases := []Case{
		judged("control/ping", rfc, "a ping is answered with its payload", answered("hello")),
		judged("control/ping-empty", rfc, "an empty ping is answered", answered("")),
		judged("control/ping-125", rfc, "a ping of 125 bytes is answered",
			answered(strings.Repeat("x", 125))),
		judged("control/ping-binary", rfc, "the payload of a ping need not be text",
			answered("\x00\xff\xfe")),
		judged("control/pings", rfc, "of several pings the last is answered", answered("a", "b", "c")),
		judged("control/pong", rfc, "a pong that nobody asked for is ignored", func(t *trial) {
			p := t.dial()
			p.raw(frame{op: ws.OpPong, payload: "hello"}.bytes())
			p.calm()
		}),
	}
	for _, op := range []ws.Opcode{ws.OpPing, ws.OpPong, ws.OpClose} {
		name := map[ws.Opcode]string{ws.OpPing: "ping", ws.OpPong: "pong", ws.OpClose: "close"}[op]
		payload := closing(1000, strings.Repeat("x", 124))
		cases = append(cases,
			judged("control/"+name+"-fragment", rfc, fmt.Sprintf("a fragment of a %s: 1002", name),
				breach(ws.CloseProtocolError, frame{op: op, more: true})),
			judged("control/"+name+"-126", rfc, fmt.Sprintf("a %s of 126 bytes: 1002", name),
				breach(ws.CloseProtocolError, frame{op: op, payload: payload})))
	}
	return cases
}

func last(list []string) []string { return list[max(0, len(list)-1):] }

// textCases are about UTF-8.
func textCases() []Case {
	const rfc, sample = "RFC 6455 8.1", "κόσμε €😀"
	cases := []Case{
		judged("utf8/split", rfc, "fragments may end anywhere in a character", func(t *trial) {
			p := t.dial()
			for i := range len(sample) + 1 {
				p.raw(wire(frame{op: ws.OpText, more: true, payload: sample[:i]},
					frame{op: ws.OpContinuation, payload: sample[i:]}))
				t.equal("body", p.note().Event.body(), sample)
			}
		}),
		judged("utf8/bytes", rfc, "each byte of a text may be a fragment",
			echoed(sample, fragments(sample, 1)...)),
		judged("utf8/odd", rfc, "what is odd and valid stays: NUL, U+FEFF, U+FFFF, U+10FFFF",
			echoed("\x00\ufeff\uffff\U0010ffff",
				frame{op: ws.OpText, payload: "\x00\ufeff\uffff\U0010ffff"})),
		judged("utf8/second", rfc, "what is wrong in a later fragment: 1007",
			breach(ws.CloseInvalidPayload, frame{op: ws.OpText, more: true, payload: "hello"},
				frame{op: ws.OpContinuation, payload: "\xff"})),
	}
	for _, bad := range []struct{ name, title, text string }{
		{"byte", "a byte that is never used", "a\xffb"},
		{"continuation", "a continuation of nothing", "a\x80b"},
		{"overlong", "an overlong form", "a\xc0\x80b"},
		{"overlong-3", "an overlong form of three bytes", "\xe0\x80\xaf"},
		{"surrogate", "a surrogate", "\xed\xa0\x80"},
		{"beyond", "a character beyond U+10FFFF", "\xf4\x90\x80\x80"},
		{"five", "a form of five bytes", "\xf8\x88\x80\x80\x80"},
		{"cut", "a character cut short at the end", "hello \xe2\x82"},
	} {
		cases = append(cases, judged("utf8/"+bad.name, rfc, bad.title+": 1007",
			breach(ws.CloseInvalidPayload, frame{op: ws.OpText, payload: bad.text})))
	}
	return cases
}
