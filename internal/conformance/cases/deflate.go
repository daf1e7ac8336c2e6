package cases

import (
	"net/http"
	"strings"

	"github.com/tyg-dev/tyg/internal/conformance/harness"
	"github.com/tyg-dev/tyg/internal/ws"
	"github.com/tyg-dev/tyg/internal/wsclient"
)

const rfc7692 = "RFC 7692 7"

// compressing connects a client with permessage-deflate.
func compressing(t *harness.T) *harness.Client {
	p := t.DialWith(&wsclient.Options{Deflate: true})
	if got := p.Response.Header.Get("Sec-Websocket-Extensions"); !strings.Contains(got,
		"permessage-deflate") {
		t.Failf("Sec-WebSocket-Extensions: got %q, want permessage-deflate", got)
	}
	return p
}

// deflateCases check messages that are compressed.
func deflateCases() []harness.Case {
	sends := func(message string, frames ...harness.Frame) func(*harness.T) {
		return func(t *harness.T) {
			p := compressing(t)
			p.WriteRaw(harness.Encode(frames...))
			n := p.Notice()
			t.Equal("bytes", n.Bytes, len(message))
			t.Equal("SHA-256", n.SHA256, harness.HexSum([]byte(message)))
		}
	}
	breaks := func(code int, frames ...harness.Frame) func(*harness.T) {
		return func(t *harness.T) {
			p := compressing(t)
			p.WriteRaw(harness.Encode(frames...))
			p.ExpectClose(code)
		}
	}
	const text = "hello, hello, hello, world"
	packed := harness.Deflate(text)
	whole := harness.Frame{Op: ws.OpText, RSV: 1, Payload: packed}
	begin := harness.Frame{Op: ws.OpText, RSV: 1, More: true, Payload: packed[:3]}
	long := strings.Repeat("all work and no play ", 4000)
	return []harness.Case{
		judged("deflate/message", rfc7692, "a compressed message is inflated", sends(text, whole)),
		judged("deflate/plain", rfc7692, "a message need not be compressed",
			sends(text, textFrame(text))),
		judged("deflate/fragments", rfc7692, "a compressed message may have fragments",
			sends(text, begin, harness.Frame{Op: ws.OpContinuation, Payload: packed[3:]})),
		judged("deflate/empty", rfc7692, "an empty message is one byte",
			sends("", harness.Frame{Op: ws.OpText, RSV: 1, Payload: "\x00"})),
		judged("deflate/stored", rfc7692, "a block may be stored",
			sends("Hello", harness.Frame{Op: ws.OpText, RSV: 1, Payload: "\x00\x05\x00\xfa\xffHello\x00"})),
		judged("deflate/large", rfc7692, "a message of 84,000 bytes", sends(long,
			deflatedFrame(long))),
		judged("deflate/answer", rfc7692, "compressed messages of the endpoint can be inflated",
			func(t *harness.T) {
				p := compressing(t)
				p.Do("say", "size", 50000)
				got, want := p.Text(), strings.Repeat("x", 50000)
				t.Equal("SHA-256", harness.HexSum([]byte(got)), harness.HexSum([]byte(want)))
			}),
		judged("deflate/rsv1-later", rfc7692, "RSV1 on a later fragment: 1002",
			breaks(ws.CloseProtocolError, begin,
				harness.Frame{Op: ws.OpContinuation, RSV: 1, Payload: packed[3:]})),
		judged("deflate/rsv2", rfc7692, "RSV2 is still reserved: 1002",
			breaks(ws.CloseProtocolError, harness.Frame{Op: ws.OpText, RSV: 2, Payload: text})),
		judged("deflate/control", rfc7692, "a compressed ping: 1002",
			breaks(ws.CloseProtocolError, harness.Frame{Op: ws.OpPing, RSV: 1, Payload: "\x00"})),
		judged("deflate/utf8", rfc7692, "text is UTF-8 when inflated: 1007",
			breaks(ws.CloseInvalidPayload, deflatedFrame("\xff\xfe"))),
		judged("deflate/garbage", rfc7692, "data that cannot be inflated ends the connection",
			func(t *harness.T) {
				p := compressing(t)
				p.WriteRaw(harness.Frame{Op: ws.OpText, RSV: 1, Payload: "\xff\xff\xff\xff garbage"}.Bytes())
				p.ReadUntilClosed()
			}),
		judged("deflate/bomb", "6.1", "a message over 1 MB when inflated: 1009",
			breaks(ws.CloseMessageTooBig,
				deflatedFrame(strings.Repeat("x", 1<<21)))),
	}
}

// offerCases check the negotiation of extensions.
func offerCases() []harness.Case {
	granted := func(offer string, want ...string) func(*harness.T) {
		return func(t *harness.T) {
			a := t.Handshake(func(r *harness.Request) { r.Set("Sec-WebSocket-Extensions", offer) })
			t.Equal("status", a.Status, 101)
			got := strings.ReplaceAll(a.Header.Get("Sec-Websocket-Extensions"), " ", "")
			for _, param := range append(want, "permessage-deflate") {
				if !strings.Contains(";"+got+";", ";"+param+";") {
					t.Failf("Sec-WebSocket-Extensions: got %q, want it to have %s", got, param)
				}
			}
		}
	}
	declined := func(offer string) func(*harness.T) {
		return func(t *harness.T) {
			a := t.Handshake(func(r *harness.Request) {
				if offer != "" {
					r.Set("Sec-WebSocket-Extensions", offer)
				}
			})
			t.Equal("status", a.Status, http.StatusSwitchingProtocols)
			t.Equal("Sec-WebSocket-Extensions", a.Header.Get("Sec-Websocket-Extensions"), "")
		}
	}
	const name = "permessage-deflate"
	return []harness.Case{
		judged("extension/offered", "1.5", "permessage-deflate is granted", granted(name)),
		judged("extension/browser", "1.5", "the offer of browsers is granted",
			granted(name+"; client_max_window_bits")),
		judged("extension/captured", "1.5", "server_max_window_bits=12 is granted as such",
			granted(name+"; server_max_window_bits=12; client_max_window_bits=12",
				"server_max_window_bits=12")),
		judged("extension/no-context", rfc7692, "server_no_context_takeover is granted as such",
			granted(name+"; server_no_context_takeover", "server_no_context_takeover")),
		judged("extension/second", rfc7692, "a valid second offer is granted after an invalid first",
			granted(name+"; server_max_window_bits=99, "+name)),
		judged("extension/none", rfc7692, "without an offer there is no extension", declined("")),
		judged("extension/unknown", rfc7692, "an unknown extension is not granted",
			declined("x-webkit-deflate-frame")),
		judged("extension/unknown-param", rfc7692, "an offer with an unknown parameter is declined",
			declined(name+"; level=9")),
		judged("extension/window-7", rfc7692, "an offer of a 7-bit window is declined",
			declined(name+"; server_max_window_bits=7")),
		judged("extension/window-16", rfc7692, "an offer of a 16-bit window is declined",
			declined(name+"; server_max_window_bits=16")),
		judged("extension/twice", rfc7692, "an offer with a repeated parameter is declined",
			declined(name+"; server_max_window_bits=12; server_max_window_bits=12")),
		judged("extension/value", rfc7692, "an offer with a value for a flag is declined",
			declined(name+"; server_no_context_takeover=1")),
	}
}
