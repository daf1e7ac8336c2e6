package cases

import (
	"fmt"
	"strings"

	"github.com/tyg-dev/tyg/internal/conformance/harness"
	"github.com/tyg-dev/tyg/internal/ws"
)

// controlCases check control frames.
func controlCases() []harness.Case {
	const rfc = "RFC 6455 5.5"
	answered := func(payloads ...string) func(*harness.T) {
		return func(t *harness.T) {
			p := t.Dial()
			pongs := p.Pongs()
			for _, payload := range payloads {
				p.WriteRaw(harness.Frame{Op: ws.OpPing, Payload: payload}.Bytes())
			}
			p.ExpectQuiet()
			// RFC 6455 section 5.5.3 allows an endpoint to answer only the last of several.
			t.Equal("payload of the last pong", harness.Show(last(*pongs)), harness.Show(last(payloads)))
		}
	}
	cases := []harness.Case{
		judged("control/ping", rfc, "a ping is answered with its payload", answered("hello")),
		judged("control/ping-empty", rfc, "an empty ping is answered", answered("")),
		judged("control/ping-125", rfc, "a ping of 125 bytes is answered",
			answered(strings.Repeat("x", 125))),
		judged("control/ping-binary", rfc, "the payload of a ping need not be text",
			answered("\x00\xff\xfe")),
		judged("control/pings", rfc, "of several pings the last is answered", answered("a", "b", "c")),
		judged("control/pong", rfc, "an unsolicited pong is ignored", func(t *harness.T) {
			p := t.Dial()
			p.WriteRaw(harness.Frame{Op: ws.OpPong, Payload: "hello"}.Bytes())
			p.ExpectQuiet()
		}),
	}
	for _, op := range []ws.Opcode{ws.OpPing, ws.OpPong, ws.OpClose} {
		name := map[ws.Opcode]string{ws.OpPing: "ping", ws.OpPong: "pong", ws.OpClose: "close"}[op]
		payload := harness.ClosePayload(1000, strings.Repeat("x", 124))
		cases = append(cases,
			judged("control/"+name+"-fragment", rfc, fmt.Sprintf("a fragment of a %s: 1002", name),
				breach(ws.CloseProtocolError, harness.Frame{Op: op, More: true})),
			judged("control/"+name+"-126", rfc, fmt.Sprintf("a %s of 126 bytes: 1002", name),
				breach(ws.CloseProtocolError, harness.Frame{Op: op, Payload: payload})))
	}
	return cases
}

func last(list []string) []string { return list[max(0, len(list)-1):] }

// textCases check UTF-8.
func textCases() []harness.Case {
	const rfc, sample = "RFC 6455 8.1", "κόσμε €😀"
	cases := []harness.Case{
		judged("utf8/split", rfc, "fragments may end anywhere in a character", func(t *harness.T) {
			p := t.Dial()
			for i := range len(sample) + 1 {
				p.WriteRaw(harness.Encode(harness.Frame{Op: ws.OpText, More: true, Payload: sample[:i]},
					harness.Frame{Op: ws.OpContinuation, Payload: sample[i:]}))
				t.Equal("body", p.Notice().Event.Body(), sample)
			}
		}),
		judged("utf8/bytes", rfc, "each byte of a text may be a fragment",
			echoed(sample, harness.Fragments(sample, 1)...)),
		judged("utf8/odd", rfc, "unusual valid characters are kept: NUL, U+FEFF, U+FFFF, U+10FFFF",
			echoed("\x00\ufeff\uffff\U0010ffff",
				textFrame("\x00\ufeff\uffff\U0010ffff"))),
		judged("utf8/second", rfc, "invalid UTF-8 in a later fragment: 1007",
			breach(ws.CloseInvalidPayload, harness.Frame{Op: ws.OpText, More: true, Payload: "hello"},
				harness.Frame{Op: ws.OpContinuation, Payload: "\xff"})),
	}
	for _, bad := range []struct{ name, title, text string }{
		{"byte", "a byte that is never used", "a\xffb"},
		{"continuation", "a continuation byte without a first byte", "a\x80b"},
		{"overlong", "an overlong form", "a\xc0\x80b"},
		{"overlong-3", "an overlong form of three bytes", "\xe0\x80\xaf"},
		{"surrogate", "a surrogate", "\xed\xa0\x80"},
		{"beyond", "a character beyond U+10FFFF", "\xf4\x90\x80\x80"},
		{"five", "a form of five bytes", "\xf8\x88\x80\x80\x80"},
		{"cut", "a truncated character at the end", "hello \xe2\x82"},
	} {
		cases = append(cases, judged("utf8/"+bad.name, rfc, bad.title+": 1007",
			breach(ws.CloseInvalidPayload, textFrame(bad.text))))
	}
	return cases
}
