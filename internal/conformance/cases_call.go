package conformance

import (
	"net/http"
	"regexp"
	"strings"
	"time"
)

const sectionConnections = "5"

// postCases are about sending.
func postCases() []Case {
	sends := func(title, id, body string) Case {
		return judged("post/"+id, sectionConnections, title, func(t *trial) {
			p := t.dial()
			t.equal("status", t.post(p.id(), body).status, http.StatusOK)
			t.equal("message", p.text(), body)
			p.calm()
		})
	}
	return []Case{
		judged("post/200", sectionConnections, "POST answers 200 with an empty body", func(t *trial) {
			a := t.post(t.dial().id(), "hello")
			t.equal("status", a.status, http.StatusOK)
			t.equal("body", a.body, "")
		}),
		sends("the message arrives as one of text", "text", "hello"),
		sends("the message arrives as it was", "as-is", ` {"a": "ä€😀\u0000"} `),
		sends("a message of 32 KB arrives", "32k", strings.Repeat("x", 32<<10)),
		sends("a message of 128 KB arrives", "128k", strings.Repeat("x", 128<<10)),
		judged("post/413", sectionConnections, "a message over 128 KB: 413 PayloadTooLargeException",
			func(t *trial) {
				p := t.dial()
				a := t.post(p.id(), strings.Repeat("x", 128<<10+1))
				t.equal("status", a.status, http.StatusRequestEntityTooLarge)
				t.equal("x-amzn-ErrorType", errorType(a), "PayloadTooLargeException")
				p.calm()
			}),
		judged("post/429", sectionConnections, "a client that does not read: 429 LimitExceededException",
			throttled),
		judged("post/connecting", sectionConnections, "while connect runs: 410", postWhileConnecting),
		judged("post/connecting-self", sectionConnections, "connect cannot send to its own connection",
			func(t *trial) {
				watcher, _, _ := t.watched("connect=send-self")
				t.equal("result", watcher.event("CONNECT").Result, "gone")
			}),
		judged("post/handler", sectionConnections, "a handler sends to another connection",
			func(t *trial) {
				a, b := t.dial(), t.dial()
				t.equal("result", a.ask("send", "to", b.id(), "data", "hello").Result, "ok")
				t.equal("message", b.text(), "hello")
			}),
	}
}

// errorType is the name of an error, by which SDKs tell them apart.
func errorType(a *answer) string {
	name, _, _ := strings.Cut(a.header.Get("X-Amzn-Errortype"), ":")
	return name
}

// throttled sends to a client that takes nothing, until the endpoint has had enough.
func throttled(t *trial) {
	const most = 512 // 64 MB
	id := t.dial().id()
	for range most {
		a := t.post(id, strings.Repeat("x", 128<<10))
		if a.status == http.StatusOK {
			continue
		}
		t.equal("status", a.status, http.StatusTooManyRequests)
		t.equal("x-amzn-ErrorType", errorType(a), "LimitExceededException")
		return
	}
	t.failf("%d messages of 128 KB were accepted for a client that reads none", most)
}

func postWhileConnecting(t *trial) {
	watcher := t.dial()
	notify := "notify=" + watcher.id()
	connected := make(chan *answer, 1) // the case may fail before anybody takes it
	other := t.aside()
	go func() { // ends with the handshake, which has a deadline
		defer close(connected)
		defer other.end()
		connected <- other.handshake(nil, notify, "connect=sleep:1s")
	}()
	id := watcher.event("CONNECT").Event.text("connectionId")
	t.equal("status while connect runs", t.post(id, "early").status, http.StatusGone)
	if a, ok := <-connected; !ok || a.status != 101 {
		t.failf("the handshake failed: %s", other.detail)
	}
}

// infoCases are about GET.
func infoCases() []Case {
	const stamp = `"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?Z"`
	return []Case{
		judged("get/200", sectionConnections,
			"GET answers 200 and has exactly the members it should have",
			func(t *trial) {
				info, _ := t.info(t.dial().id())
				t.equal("members", keys(info.top), "connectedAt identity lastActiveAt")
				t.equal("members of identity", keys(info.object("identity")), "sourceIp userAgent")
			}),
		judged("get/times", sectionConnections, "times are ISO 8601 in UTC", func(t *trial) {
			info, _ := t.info(t.dial().id())
			for _, name := range []string{"connectedAt", "lastActiveAt"} {
				if got := string(info.top[name]); !regexp.MustCompile(`^` + stamp + `$`).MatchString(got) {
					t.failf("%s: got %s, want a time such as 2020-04-30T20:10:33.236Z", name, got)
				}
			}
		}),
		judged("get/connectedAt", sectionConnections, "connectedAt is that of events", func(t *trial) {
			p := t.dial()
			e := p.ask("report").Event
			info, connected := t.info(e.text("connectionId"))
			// Formats with seconds only are as good.
			off := connected.Sub(time.UnixMilli(e.number("connectedAt"))).Abs()
			if off >= time.Second {
				t.failf("connectedAt is %s, %v off", info.top["connectedAt"], off)
			}
		}),
		judged("get/identity", sectionConnections, "the identity is that of events", func(t *trial) {
			e := t.dial().ask("report").Event
			info, _ := t.info(e.text("connectionId"))
			for _, name := range []string{"sourceIp", "userAgent"} {
				t.equal(name, info.object("identity")[name], e.object("identity")[name])
			}
		}),
		judged("get/lastActiveAt", sectionConnections, "lastActiveAt moves with messages", lastActive),
		judged("get/handler", sectionConnections, "a handler asks about another connection",
			func(t *trial) {
				a, b := t.dial(), t.dial()
				n := a.ask("info", "to", b.id())
				t.equal("result", n.Result, "ok")
				t.equal("sourceIp", any(n.SourceIP), n.Event.object("identity")["sourceIp"])
			}),
	}
}

// info calls GET and returns what it says, as an event without context, and since when the
// connection stands.
func (t *trial) info(id string) (event, time.Time) {
	a := t.get(id)
	t.equal("status", a.status, http.StatusOK)
	var e event
	decode([]byte(a.body), &e.top)
	at, err := time.Parse(time.RFC3339, text(e.top["connectedAt"]))
	if err != nil {
		t.failf("connectedAt: got %s", show(a.body))
	}
	return e, at
}

func lastActive(t *trial) {
	p := t.dial()
	before, _ := t.info(p.id())
	t.wait(1100 * time.Millisecond) // formats with seconds only are as good
	p.ask("report")
	after, _ := t.info(p.id())
	if a, b := text(before.top["lastActiveAt"]), text(after.top["lastActiveAt"]); b <= a {
		t.failf("lastActiveAt was %s, and after a message %s", a, b)
	}
}

// deleteCases are about DELETE.
func deleteCases() []Case {
	return []Case{
		judged("delete/204", sectionConnections, "DELETE answers 204 with an empty body", func(t *trial) {
			a := t.delete(t.dial().id())
			t.equal("status", a.status, http.StatusNoContent)
			t.equal("body", a.body, "")
		}),
		judged("delete/closes", sectionConnections, "the client is disconnected", func(t *trial) {
			p := t.dial()
			t.delete(p.id())
			p.ended()
		}),
		judged("delete/disconnect", "6.2", "$disconnect comes with 1000 and Connection Closed Normally",
			func(t *trial) {
				watcher, _, n := t.watched()
				t.delete(n.Event.text("connectionId"))
				e := watcher.event("DISCONNECT").Event
				t.equal("code", e.number("disconnectStatusCode"), int64(1000))
				t.equal("reason", e.text("disconnectReason"), "Connection Closed Normally")
			}),
		judged("delete/handler", sectionConnections, "a handler closes another connection",
			func(t *trial) {
				a, b := t.dial(), t.dial()
				t.equal("result", a.ask("close", "to", b.id()).Result, "ok")
				b.ended()
			}),
	}
}
