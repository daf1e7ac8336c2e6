package conformance

import (
	"fmt"
	"io"
	"strings"

	"github.com/tyg-dev/tyg/internal/ws"
)

// closeCases are about the end of connections.
func closeCases() []Case {
	const section = "6.2"
	return []Case{
		judged("close/1005", section,
			"a close without a code: 1005 Client-side close frame status not set",
			func(t *trial) {
				watcher, p, _ := t.watched()
				p.raw(frame{op: ws.OpClose}.bytes())
				e := watcher.event("DISCONNECT").Event
				t.equal("disconnectStatusCode", e.number("disconnectStatusCode"), int64(1005))
				t.equal("disconnectReason", e.text("disconnectReason"),
					"Client-side close frame status not set")
			}),
		judged("close/1006", section, "a socket that is gone without a close: 1006", func(t *trial) {
			watcher, p, _ := t.watched()
			_ = p.conn.CloseNow() // only its effect counts
			e := watcher.event("DISCONNECT").Event
			t.equal("disconnectStatusCode", e.number("disconnectStatusCode"), int64(1006))
		}),
		judged("close/1003", section, "a binary frame: 1003", func(t *trial) {
			watcher, p, _ := t.watched()
			p.raw(frame{op: ws.OpBinary, payload: "hello"}.bytes())
			p.closed(ws.CloseUnsupportedData)
			e := watcher.event("DISCONNECT").Event
			t.equal("disconnectStatusCode", e.number("disconnectStatusCode"), int64(1003))
		}),
		judged("close/binary-empty", "6.3", "an empty binary frame: 1003", func(t *trial) {
			p := t.dial()
			p.raw(frame{op: ws.OpBinary}.bytes())
			p.closed(ws.CloseUnsupportedData)
		}),
		judged("close/binary-fragment", "6.3", "the first fragment of a binary message: 1003",
			func(t *trial) {
				p := t.dial()
				p.raw(frame{op: ws.OpBinary, more: true, payload: "hello"}.bytes())
				p.closed(ws.CloseUnsupportedData)
			}),
		judged("close/once", section, "one connection has one $disconnect", func(t *trial) {
			watcher, p, n := t.watched()
			_ = p.conn.Close(1000, "") // only its effect counts
			watcher.event("DISCONNECT")
			t.delete(n.Event.text("connectionId"))
			watcher.calm()
		}),
		judged("close/answer", "RFC 6455 5.5",
			"a close frame is answered, and then the server closes the socket",
			closeIsAnswered),
		judged("close/deaf", "RFC 6455 5.5", "what comes after a close frame counts no more",
			func(t *trial) {
				watcher, other := t.dial(), t.dial()
				p := t.dial("notify=" + watcher.id())
				watcher.event("CONNECT")
				message := fmt.Sprintf(`{"action":"send","to":%q,"data":"late"}`, other.id())
				p.raw(wire(frame{op: ws.OpClose, payload: closing(1000, "")},
					frame{op: ws.OpText, payload: message}))
				watcher.event("DISCONNECT")
				other.calm()
			}),
	}
}

// closeIsAnswered reads the socket itself, to see that it is closed.
func closeIsAnswered(t *trial) {
	a := t.handshake(nil)
	t.equal("status", a.status, 101)
	_, err := a.conn.Write(frame{op: ws.OpClose, payload: closing(1000, "bye")}.bytes())
	t.check("write close frame", err)
	rest, err := io.ReadAll(a.rest)
	t.check("wait until the server closes the socket", err)
	h, n, err := ws.ParseHeader(rest)
	if err != nil || n == 0 || h.Opcode != ws.OpClose || len(rest) != n+int(h.Length) {
		t.failf("got the bytes %x, want a close frame and the end", rest)
	}
	code, _, err := ws.ParseClose(rest[n:])
	t.check("parse close frame", err)
	t.equal("close code", code, 1000)
}

// closeCodeCases are about the codes and reasons of clients.
func closeCodeCases() []Case {
	const rfc = "RFC 6455 7.4"
	var cases []Case
	for _, code := range []int{
		1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000,
		4999,
	} {
		cases = append(cases, judged(fmt.Sprintf("close/client-%d", code), "6.2",
			fmt.Sprintf("a client's %d and its reason are in $disconnect", code),
			func(t *trial) { t.clientCloses(code, "bye ä") }))
	}
	cases = append(cases,
		judged("close/client-no-reason", "6.2", "a client's 1001 without a reason: the reason is empty",
			func(t *trial) { t.clientCloses(1001, "") }),
		judged("close/client-long-reason", rfc, "a reason of 123 bytes is fine",
			func(t *trial) { t.clientCloses(4000, strings.Repeat("x", 123)) }))
	for _, code := range []int{0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535} {
		cases = append(cases, judged(fmt.Sprintf("close/invalid-%d", code), rfc,
			fmt.Sprintf("a client must not send %d: 1002", code),
			breach(ws.CloseProtocolError, frame{op: ws.OpClose, payload: closing(code, "")})))
	}
	return append(cases,
		judged("close/half-code", "RFC 6455 5.5", "a close frame of one byte: 1002",
			breach(ws.CloseProtocolError, frame{op: ws.OpClose, payload: "\x03"})),
		judged("close/bad-reason", "RFC 6455 5.5", "a reason that is not UTF-8: 1007 or 1002",
			func(t *trial) {
				p := t.dial()
				p.raw(frame{op: ws.OpClose, payload: closing(1000, "\xff")}.bytes())
				if got := p.ended(); got == nil || got.Code != 1007 && got.Code != 1002 {
					t.failf("the connection ended with %v", got)
				}
			}))
}

// clientCloses closes, and looks for the same in the event.
func (t *trial) clientCloses(code int, reason string) {
	watcher, p, _ := t.watched()
	p.raw(frame{op: ws.OpClose, payload: closing(code, reason)}.bytes())
	p.closed(code)
	e := watcher.event("DISCONNECT").Event
	t.equal("disconnectStatusCode", e.number("disconnectStatusCode"), int64(code))
	t.equal("disconnectReason", string(e.text("disconnectReason")), reason)
	t.equal("disconnectReason is there", e.context["disconnectReason"] != nil, true)
}

// breach sends what breaks a rule, and expects a close code.
func breach(code int, frames ...frame) func(*trial) {
	return func(t *trial) {
		p := t.dial()
		p.raw(wire(frames...))
		p.closed(code)
	}
}
