package cases

import (
	"fmt"
	"io"
	"strings"

	"github.com/tyg-dev/tyg/internal/conformance/harness"
	"github.com/tyg-dev/tyg/internal/ws"
)

// closeCases check the end of connections.
func closeCases() []harness.Case {
	const section = "6.2"
	return []harness.Case{
		judged("close/1005", section,
			"a close without a code: 1005 Client-side close frame status not set",
			func(t *harness.T) {
				watcher, p, _ := t.DialWatched()
				p.WriteRaw(harness.Frame{Op: ws.OpClose}.Bytes())
				e := watcher.Event("DISCONNECT").Event
				t.Equal("disconnectStatusCode", e.Number("disconnectStatusCode"), int64(1005))
				t.Equal("disconnectReason", e.Text("disconnectReason"),
					"Client-side close frame status not set")
			}),
		judged("close/1006", section, "a socket that ends without a close frame: 1006",
			func(t *harness.T) {
				watcher, p, _ := t.DialWatched()
				_ = p.Conn.CloseNow() // only its effect counts
				e := watcher.Event("DISCONNECT").Event
				t.Equal("disconnectStatusCode", e.Number("disconnectStatusCode"), int64(1006))
			}),
		judged("close/1003", section, "a binary frame: 1003", func(t *harness.T) {
			watcher, p, _ := t.DialWatched()
			p.WriteRaw(harness.Frame{Op: ws.OpBinary, Payload: "hello"}.Bytes())
			p.ExpectClose(ws.CloseUnsupportedData)
			e := watcher.Event("DISCONNECT").Event
			t.Equal("disconnectStatusCode", e.Number("disconnectStatusCode"), int64(1003))
		}),
		judged("close/binary-empty", "6.3", "an empty binary frame: 1003", func(t *harness.T) {
			p := t.Dial()
			p.WriteRaw(harness.Frame{Op: ws.OpBinary}.Bytes())
			p.ExpectClose(ws.CloseUnsupportedData)
		}),
		judged("close/binary-fragment", "6.3", "the first fragment of a binary message: 1003",
			func(t *harness.T) {
				p := t.Dial()
				p.WriteRaw(harness.Frame{Op: ws.OpBinary, More: true, Payload: "hello"}.Bytes())
				p.ExpectClose(ws.CloseUnsupportedData)
			}),
		judged("close/once", section, "one connection has one $disconnect", func(t *harness.T) {
			watcher, p, n := t.DialWatched()
			_ = p.Conn.Close(1000, "") // only its effect counts
			watcher.Event("DISCONNECT")
			t.Delete(n.Event.Text("connectionId"))
			watcher.ExpectQuiet()
		}),
		judged("close/answer", "RFC 6455 5.5",
			"a close frame is answered, and then the server closes the socket",
			closeIsAnswered),
		judged("close/data-after", "RFC 6455 5.5", "data after a close frame is ignored",
			func(t *harness.T) {
				watcher, other := t.Dial(), t.Dial()
				p := t.Dial("notify=" + watcher.ID())
				watcher.Event("CONNECT")
				message := fmt.Sprintf(`{"action":"send","to":%q,"data":"late"}`, other.ID())
				p.WriteRaw(harness.Encode(closeFrame(1000, ""),
					textFrame(message)))
				watcher.Event("DISCONNECT")
				other.ExpectQuiet()
			}),
	}
}

// closeIsAnswered reads the socket itself, because a client would not report its end.
func closeIsAnswered(t *harness.T) {
	a := t.Handshake(nil)
	t.Equal("status", a.Status, 101)
	_, err := a.Conn.Write(closeFrame(1000, "bye").Bytes())
	t.Check("write close frame", err)
	rest, err := io.ReadAll(io.LimitReader(a.Rest, 64<<10)) // a frame, and what is too much
	t.Check("wait until the server closes the socket", err)
	h, n, err := ws.ParseHeader(rest)
	if err != nil || n == 0 || h.Opcode != ws.OpClose || len(rest) != n+int(h.Length) {
		t.Failf("got the bytes %x, want a close frame and the end", rest)
	}
	code, _, err := ws.ParseClose(rest[n:])
	t.Check("parse close frame", err)
	t.Equal("close code", code, 1000)
}

// closeCodeCases check the codes and reasons of clients.
func closeCodeCases() []harness.Case {
	const rfc = "RFC 6455 7.4"
	var cases []harness.Case
	for _, code := range []int{
		1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000,
		4999,
	} {
		cases = append(cases, judged(fmt.Sprintf("close/client-%d", code), "6.2",
			fmt.Sprintf("a client's %d and its reason are in $disconnect", code),
			func(t *harness.T) { clientCloses(t, code, "bye ä") }))
	}
	cases = append(cases,
		judged("close/client-no-reason", "6.2", "a client's 1001 without a reason: the reason is empty",
			func(t *harness.T) { clientCloses(t, 1001, "") }),
		judged("close/client-long-reason", rfc, "a reason of 123 bytes is accepted",
			func(t *harness.T) { clientCloses(t, 4000, strings.Repeat("x", 123)) }))
	for _, code := range []int{0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535} {
		cases = append(cases, judged(fmt.Sprintf("close/invalid-%d", code), rfc,
			fmt.Sprintf("a client must not send %d: 1002", code),
			breach(ws.CloseProtocolError, closeFrame(code, ""))))
	}
	return append(cases,
		judged("close/half-code", "RFC 6455 5.5", "a close frame of one byte: 1002",
			breach(ws.CloseProtocolError, harness.Frame{Op: ws.OpClose, Payload: "\x03"})),
		judged("close/bad-reason", "RFC 6455 5.5", "a reason that is not UTF-8: 1007 or 1002",
			func(t *harness.T) {
				p := t.Dial()
				p.WriteRaw(closeFrame(1000, "\xff").Bytes())
				if got := p.ReadUntilClosed(); got == nil || got.Code != 1007 && got.Code != 1002 {
					t.Failf("the connection ended with %v", got)
				}
			}))
}

// clientCloses closes with a code and a reason, which must be in the event.
func clientCloses(t *harness.T, code int, reason string) {
	watcher, p, _ := t.DialWatched()
	p.WriteRaw(closeFrame(code, reason).Bytes())
	p.ExpectClose(code)
	e := watcher.Event("DISCONNECT").Event
	t.Equal("disconnectStatusCode", e.Number("disconnectStatusCode"), int64(code))
	t.Equal("disconnectReason", string(e.Text("disconnectReason")), reason)
	t.Equal("disconnectReason is present", e.Context["disconnectReason"] != nil, true)
}
