package cases

import (
	"errors"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/tyg-dev/tyg/internal/conformance/harness"
	"github.com/tyg-dev/tyg/internal/ws"
	"github.com/tyg-dev/tyg/internal/wsclient"
)

// noteResponse notes a response.
func noteResponse(t *harness.T, a *harness.Response) {
	if a.Status == 0 {
		t.Note("no response: the socket was closed")
		return
	}
	body := "no body"
	if a.Body != "" {
		body = cut(a.Body)
	}
	t.Note("%d; %s; headers %s", a.Status, body, harness.Keys(a.Header))
}

// cut shortens what is noted.
func cut(text string) string {
	const most = 120
	if len(text) > most {
		return strings.ToValidUTF8(text[:most], "") + "…" // maybe without a part of a character
	}
	return text
}

// choose returns yes or no.
func choose(which bool, yes, no string) string {
	if which {
		return yes
	}
	return no
}

// unknownHandshakeCases note what is not known of handshakes at API Gateway.
func unknownHandshakeCases() []harness.Case {
	answers := func(change func(*harness.Request), orders ...string) func(*harness.T) {
		return func(t *harness.T) { noteResponse(t, t.Handshake(change, orders...)) }
	}
	return []harness.Case{
		noted("unknown/stage", "1.1", "another stage",
			answers(func(r *harness.Request) { r.Target = "/nosuchstage?probe=1" })),
		noted("unknown/plain-get", "1.1", "a GET that asks for no WebSocket",
			answers(func(r *harness.Request) {
				for _, name := range []string{
					"Connection", "Upgrade", "Sec-WebSocket-Key",
					"Sec-WebSocket-Version",
				} {
					r.Del(name)
				}
			})),
		noted("unknown/refused", "1.3", "body and headers of a refused handshake",
			answers(nil, "connect=reject:403:some words")),
		noted("unknown/refused-throws", "1.3", "body and headers after connect fails",
			answers(nil, "connect=error")),
		noted("unknown/refused-authorizer", "1.7", "body and headers after the authorizer denies",
			answers(nil, "auth=deny")),
		noted("unknown/connect-malformed", "1.3", "connect returns status 99",
			answers(nil, "connect=reject:99")),
		noted("unknown/connect-timeout", "1.3", "connect takes over 29 s", func(t *harness.T) {
			long := t.WithPatience(t.Scaled(2 * integration))
			sleep := t.Scaled(integration + 10*time.Second)
			noteResponse(t, long.Handshake(nil, "connect=sleep:"+sleep.String()))
		}).Taking(integration),
		noted("unknown/header-size", "6.1", "a header of 11 KB",
			answers(func(r *harness.Request) { r.Set("X-Large", strings.Repeat("x", 11<<10)) })),
		noted("unknown/http-1.0", "RFC 6455 4", "HTTP/1.0",
			answers(func(r *harness.Request) { r.Proto = "HTTP/1.0" })),
		noted("unknown/multi-value", "2.1", "which of two values is in headers and query",
			func(t *harness.T) {
				watcher := t.Dial()
				t.DialWith(&wsclient.Options{Header: map[string][]string{"X-Probe": {"1", "2"}}},
					"notify="+watcher.ID(), "y=1", "y=2")
				e := watcher.Event("CONNECT").Event
				t.Note("header %q, query %q", e.Object("headers")["X-Probe"],
					e.Object("queryStringParameters")["y"])
			}),
		noted("unknown/name-twice", "2.1", "a name of a header in two spellings", func(t *harness.T) {
			h := connectRaw(t, func(r *harness.Request) {
				r.Add("x-twice", "1")
				r.Add("X-TWICE", "2")
			}).Lists("multiValueHeaders")
			maps.DeleteFunc(h, func(name string, _ []string) bool {
				return !strings.EqualFold(name, "X-Twice")
			})
			t.Note("%v", h)
		}),
		noted("unknown/own-names", "2.1", "how names that the gateway uses itself are spelt where the "+
			"client spells them in lower case", func(t *harness.T) {
			t.Note("%s", harness.Keys(connectRaw(t, func(r *harness.Request) {
				lowerCase(r)
				r.Add("x-forwarded-for", "192.0.2.7")
				r.Add("x-forwarded-proto", "gopher")
			}).Object("headers")))
		}),
		noted("unknown/forwarded-for", "2.1", "X-Forwarded-For if the client sends one, or an empty one",
			func(t *harness.T) {
				of := func(change func(*harness.Request)) any {
					h := connectRaw(t, change).Object("headers")
					return strings.ReplaceAll(fmt.Sprint(h["X-Forwarded-For"]), sourceIP(t), "SOURCE")
				}
				t.Note("%q, and %q", of(forward),
					of(func(r *harness.Request) { r.Add("X-Forwarded-For", "") }))
			}),
		noted("unknown/query-utf8", "2.1", "query parameters that are not UTF-8", func(t *harness.T) {
			e := connectRaw(t, func(r *harness.Request) { r.Target += "&x=%FF&y=%E2%82" })
			q := e.Object("queryStringParameters")
			t.Note("%%FF is %+q, %%E2%%82 is %+q", q["x"], q["y"])
		}),
		noted("unknown/stage-variables", "1.8", "which events have stageVariables", func(t *harness.T) {
			var have []string
			life := life(t)
			for _, kind := range []string{"CONNECT", "MESSAGE", "DISCONNECT"} {
				if life[kind].Top["stageVariables"] != nil {
					have = append(have, kind)
				}
			}
			if have == nil {
				have = []string{"none, but there may be no stage variables"}
			}
			t.Note("%s", strings.Join(have, ", "))
		}),
		noted("unknown/identity", "2.2", "the members of identity", func(t *harness.T) {
			t.Note("%s", harness.Keys(t.Dial().Ask("report").Event.Object("identity")))
		}),
	}
}

// sourceIP returns the address from which the clients of the suite come.
func sourceIP(t *harness.T) string {
	ip, _ := connectRaw(t, nil).Object("identity")["sourceIp"].(string)
	return ip
}

// noteEnd notes the next message, or how the connection ends.
func noteEnd(t *harness.T, p *harness.Client) {
	_, text, err := p.Read()
	closed, ok := errors.AsType[*ws.CloseError](err)
	switch {
	case strings.HasPrefix(text, `{"event":`):
		t.Note("it is handled")
	case err == nil:
		t.Note("message %s", cut(text))
	case ok:
		t.Note("%s", noteClose(closed))
	case harness.IsTimeout(err):
		t.Note("nothing")
	default:
		t.Note("the socket is cut")
	}
}

// unknownFrameCases note what is not known of frames at API Gateway.
func unknownFrameCases() []harness.Case {
	var cases []harness.Case
	for _, row := range [][2]string{
		{"text", `"report"`},
		{"number", `5`},
		{"array", `[]`},
		{"null", `null`},
	} {
		name, body := row[0], row[1]
		cases = append(cases, noted("unknown/json-"+name, "3.1", "the route of the message "+body,
			func(t *harness.T) {
				p := t.Dial()
				p.Send(body)
				t.Note("%s", p.Notice().Event.Text("routeKey"))
			}))
	}
	after := func(f harness.Frame) func(*harness.T) {
		return func(t *harness.T) {
			p := t.Dial()
			p.WriteRaw(f.Bytes())
			noteEnd(t, p)
		}
	}
	return append(cases,
		noted("unknown/invalid-utf8", "6.3", "invalid UTF-8",
			after(textFrame("\xff"))),
		noted("unknown/reserved-bit", "6.3", "a reserved bit",
			after(harness.Frame{Op: ws.OpText, RSV: 2})),
		noted("unknown/large-ping", "6.3", "a ping of 126 bytes",
			after(harness.Frame{Op: ws.OpPing, Payload: strings.Repeat("x", 126)})),
		noted("unknown/response-status", "4", "a route that answers returns status 500",
			func(t *harness.T) {
				p := t.Dial()
				p.Do("answer", "data", "hello", "status", 500)
				noteEnd(t, p)
			}),
		noted("unknown/disconnect-reasons", "6.2", "the reasons that go with 1006, 1009 and 1003",
			noteReasons),
		noted("unknown/inflated", "6.1", "a message of 200 KB that is small when compressed",
			func(t *harness.T) {
				p := compressing(t)
				p.WriteRaw(deflatedFrame(strings.Repeat("x", 200<<10)).Bytes())
				noteEnd(t, p)
			}),
		noted("unknown/inflated-frame", "6.1", "a frame of 33 KB that is small when compressed",
			func(t *harness.T) {
				p := compressing(t)
				p.WriteRaw(deflatedFrame(strings.Repeat("x", 33<<10)).Bytes())
				noteEnd(t, p)
			}),
		noted("unknown/flood", "6.2", "whether 500 messages at once are throttled, and how", noteFlood),
		noted("unknown/serial", "7", "whether two messages of one client are handled at the same time",
			func(t *harness.T) {
				p := t.Dial()
				p.Do("sleep", "for", "500ms")
				p.Do("report")
				first := p.Notice().Event.Text("routeKey")
				t.Note("%s", choose(first == "sleep", "one after the other", "at the same time"))
			}),
	)
}

func noteReasons(t *harness.T) {
	var seen []string
	ends := []func(p *harness.Client){
		func(p *harness.Client) { _ = p.Conn.CloseNow() }, // only its effect counts
		func(p *harness.Client) {
			p.WriteRaw(textFrame(strings.Repeat("x", maxFrame+1)).Bytes())
		},
		func(p *harness.Client) { p.WriteRaw(harness.Frame{Op: ws.OpBinary}.Bytes()) },
	}
	for _, end := range ends {
		watcher, p, _ := t.DialWatched()
		end(p)
		e := watcher.Event("DISCONNECT").Event
		seen = append(seen,
			fmt.Sprintf("%d %q", e.Number("disconnectStatusCode"), e.Text("disconnectReason")))
	}
	t.Note("%s", strings.Join(seen, ", "))
}

// noteFlood sends less than an endpoint may queue for a client that does not read for a moment.
func noteFlood(t *harness.T) {
	p := t.Dial()
	const messages = 500
	var flood []harness.Frame
	for range messages {
		flood = append(flood, harness.Frame{Op: ws.OpText, Payload: `{"action":"answer","data":"x"}`})
	}
	p.WriteRaw(harness.Encode(flood...))
	for i := range messages {
		if _, text, err := p.Read(); err != nil || text != "x" {
			t.Note("after %d messages: %q, %v", i, cut(text), err)
			return
		}
	}
	t.Note("all were handled")
}
