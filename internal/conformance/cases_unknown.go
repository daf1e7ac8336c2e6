package conformance

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/tyg-dev/tyg/internal/ws"
	"github.com/tyg-dev/tyg/internal/wsclient"
)

// sawAnswer notes an answer.
func (t *trial) sawAnswer(a *answer) {
	if a.status == 0 {
		t.saw("no answer: the socket was closed")
		return
	}
	body := "no body"
	if a.body != "" {
		body = cut(a.body)
	}
	t.saw("%d; %s; headers %s", a.status, body, keys(a.header))
}

// cut shortens what is noted.
func cut(text string) string {
	const most = 120
	if len(text) > most {
		return text[:most] + "…"
	}
	return text
}

// choose returns what to say.
func choose(which bool, yes, no string) string {
	if which {
		return yes
	}
	return no
}

// unknownHandshakeCases ask what nobody knows of handshakes.
func unknownHandshakeCases() []Case {
	answers := func(change func(*request), orders ...string) func(*trial) {
		return func(t *trial) { t.sawAnswer(t.handshake(change, orders...)) }
	}
	return []Case{
		noted("unknown/stage", "1.1", "another stage",
			answers(func(r *request) { r.target = "/nosuchstage?probe=1" })),
		noted("unknown/plain-get", "1.1", "a GET that asks for no WebSocket", answers(func(r *request) {
			for _, name := range []string{
				"Connection", "Upgrade", "Sec-WebSocket-Key",
				"Sec-WebSocket-Version",
			} {
				r.del(name)
			}
		})),
		noted("unknown/refused", "1.3", "body and headers of a refused handshake",
			answers(nil, "connect=reject:403:some words")),
		noted("unknown/refused-throws", "1.3", "body and headers after connect has failed",
			answers(nil, "connect=error")),
		noted("unknown/refused-authorizer", "1.7", "body and headers after the authorizer has denied",
			answers(nil, "auth=deny")),
		noted("unknown/connect-malformed", "1.3", "connect returns status 99",
			answers(nil, "connect=reject:99")),
		noted("unknown/connect-timeout", "1.3", "connect takes over 29 s", func(t *trial) {
			long := t.patience(t.scaled(2 * integration))
			t.sawAnswer(long.handshake(nil, "connect=sleep:"+t.scaled(integration+10*time.Second).String()))
		}).taking(integration),
		noted("unknown/header-size", "6.1", "a header of 11 KB",
			answers(func(r *request) { r.set("X-Large", strings.Repeat("x", 11<<10)) })),
		noted("unknown/http-1.0", "RFC 6455 4", "HTTP/1.0",
			answers(func(r *request) { r.proto = "HTTP/1.0" })),
		noted("unknown/multi-value", "2.1", "which of two values is the one in headers and query",
			func(t *trial) {
				watcher := t.dial()
				t.dialWith(&wsclient.Options{Header: map[string][]string{"X-Probe": {"1", "2"}}},
					"notify="+watcher.id(), "y=1", "y=2")
				e := watcher.event("CONNECT").Event
				t.saw("header %q, query %q", e.object("headers")["X-Probe"],
					e.object("queryStringParameters")["y"])
			}),
		noted("unknown/stage-variables", "1.8", "which events have stageVariables", func(t *trial) {
			var have []string
			life := t.life()
			for _, kind := range []string{"CONNECT", "MESSAGE", "DISCONNECT"} {
				if life[kind].top["stageVariables"] != nil {
					have = append(have, kind)
				}
			}
			if have == nil {
				have = []string{"none, but there may be no stage variables"}
			}
			t.saw("%s", strings.Join(have, ", "))
		}),
		noted("unknown/identity", "2.2", "the members of identity", func(t *trial) {
			t.saw("%s", keys(t.dial().ask("report").Event.object("identity")))
		}),
	}
}

// sawEnd notes what comes next, up to the end.
func (p *peer) sawEnd() {
	_, text, err := p.read()
	closed, ok := errors.AsType[*ws.CloseError](err)
	switch {
	case strings.HasPrefix(text, `{"event":`):
		p.t.saw("it is handled")
	case err == nil:
		p.t.saw("message %s", cut(text))
	case ok:
		p.t.saw("%s", sawClose(closed))
	case isTimeout(err):
		p.t.saw("nothing")
	default:
		p.t.saw("the socket is cut")
	}
}

// unknownFrameCases ask what nobody knows of frames.
func unknownFrameCases() []Case {
	var cases []Case
	for _, row := range [][2]string{
		{"text", `"report"`},
		{"number", `5`},
		{"array", `[]`},
		{"null", `null`},
	} {
		name, body := row[0], row[1]
		cases = append(cases, noted("unknown/json-"+name, "3.1", "the route of the message "+body,
			func(t *trial) {
				p := t.dial()
				p.send(body)
				t.saw("%s", p.note().Event.text("routeKey"))
			}))
	}
	after := func(f frame) func(*trial) {
		return func(t *trial) {
			p := t.dial()
			p.raw(f.bytes())
			p.sawEnd()
		}
	}
	return append(cases,
		noted("unknown/invalid-utf8", "6.3", "invalid UTF-8",
			after(frame{op: ws.OpText, payload: "\xff"})),
		noted("unknown/reserved-bit", "6.3", "a reserved bit", after(frame{op: ws.OpText, rsv: 2})),
		noted("unknown/large-ping", "6.3", "a ping of 126 bytes",
			after(frame{op: ws.OpPing, payload: strings.Repeat("x", 126)})),
		noted("unknown/response-status", "4", "a route that answers returns status 500", func(t *trial) {
			p := t.dial()
			p.do("answer", "data", "hello", "status", 500)
			p.sawEnd()
		}),
		noted("unknown/disconnect-reasons", "6.2", "the reasons that go with 1006, 1009 and 1003",
			sawReasons),
		noted("unknown/inflated", "6.1", "a message of 200 KB that is small when compressed",
			func(t *trial) {
				p := t.compressing()
				p.raw(frame{op: ws.OpText, rsv: 1, payload: deflated(strings.Repeat("x", 200<<10))}.bytes())
				p.sawEnd()
			}),
		noted("unknown/inflated-frame", "6.1", "a frame of 33 KB that is small when compressed",
			func(t *trial) {
				p := t.compressing()
				p.raw(frame{op: ws.OpText, rsv: 1, payload: deflated(strings.Repeat("x", 33<<10))}.bytes())
				p.sawEnd()
			}),
		noted("unknown/flood", "6.2", "whether 500 messages at once are throttled, and how", sawFlood),
		noted("unknown/serial", "7", "whether two messages of one client are handled at the same time",
			func(t *trial) {
				p := t.dial()
				p.do("sleep", "for", "500ms")
				p.do("report")
				first := p.note().Event.text("routeKey")
				t.saw("%s", choose(first == "sleep", "one after the other", "at the same time"))
			}),
	)
}

func sawReasons(t *trial) {
	var seen []string
	ends := []func(p *peer){
		func(p *peer) { _ = p.conn.CloseNow() }, // only its effect counts
		func(p *peer) { p.raw(frame{op: ws.OpText, payload: strings.Repeat("x", maxFrame+1)}.bytes()) },
		func(p *peer) { p.raw(frame{op: ws.OpBinary}.bytes()) },
	}
	for _, end := range ends {
		watcher, p, _ := t.watched()
		end(p)
		e := watcher.event("DISCONNECT").Event
		seen = append(seen,
			fmt.Sprintf("%d %q", e.number("disconnectStatusCode"), e.text("disconnectReason")))
	}
	t.saw("%s", strings.Join(seen, ", "))
}

// sawFlood stays below what waits for a client that does not read for a moment.
func sawFlood(t *trial) {
	p := t.dial()
	const messages = 500
	var flood []frame
	for range messages {
		flood = append(flood, frame{op: ws.OpText, payload: `{"action":"answer","data":"x"}`})
	}
	p.raw(wire(flood...))
	for i := range messages {
		if _, text, err := p.read(); err != nil || text != "x" {
			t.saw("after %d messages: %q, %v", i, cut(text), err)
			return
		}
	}
	t.saw("all were handled")
}
