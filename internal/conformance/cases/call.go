package cases

import (
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/tyg-dev/tyg/internal/conformance/harness"
)

const sectionConnections = "5"

// postCases check POST.
func postCases() []harness.Case {
	sends := func(title, id, body string) harness.Case {
		return judged("post/"+id, sectionConnections, title, func(t *harness.T) {
			p := t.Dial()
			t.Equal("status", t.Post(p.ID(), body).Status, http.StatusOK)
			t.Equal("message", p.Text(), body)
			p.ExpectQuiet()
		})
	}
	return []harness.Case{
		judged("post/200", sectionConnections, "POST answers 200 with an empty body", func(t *harness.T) {
			a := t.Post(t.Dial().ID(), "hello")
			t.Equal("status", a.Status, http.StatusOK)
			t.Equal("body", a.Body, "")
		}),
		sends("the message arrives as a text message", "text", "hello"),
		sends("the message arrives unchanged", "as-is", ` {"a": "ä€😀\u0000"} `),
		sends("a message of 32 KB arrives", "32k", strings.Repeat("x", 32<<10)),
		sends("a message of 128 KB arrives", "128k", strings.Repeat("x", 128<<10)),
		judged("post/413", sectionConnections, "a message over 128 KB: 413 PayloadTooLargeException",
			func(t *harness.T) {
				p := t.Dial()
				a := t.Post(p.ID(), strings.Repeat("x", 128<<10+1))
				t.Equal("status", a.Status, http.StatusRequestEntityTooLarge)
				t.Equal("x-amzn-ErrorType", errorType(a), "PayloadTooLargeException")
				p.ExpectQuiet()
			}),
		judged("post/429", sectionConnections, "a client that does not read: 429 LimitExceededException",
			throttled),
		judged("post/connecting", sectionConnections, "while connect runs: 410", postWhileConnecting),
		judged("post/connecting-self", sectionConnections, "connect cannot send to its own connection",
			func(t *harness.T) {
				watcher, _, _ := t.DialWatched("connect=send-self")
				t.Equal("result", watcher.Event("CONNECT").Result, "gone")
			}),
		judged("post/handler", sectionConnections, "a handler sends to another connection",
			func(t *harness.T) {
				a, b := t.Dial(), t.Dial()
				t.Equal("result", a.Ask("send", "to", b.ID(), "data", "hello").Result, "ok")
				t.Equal("message", b.Text(), "hello")
			}),
	}
}

// errorType returns the name of the error in a response, which SDKs go by.
func errorType(a *harness.Response) string {
	name, _, _ := strings.Cut(a.Header.Get("X-Amzn-Errortype"), ":")
	return name
}

// throttled sends to a client that does not read, until the endpoint refuses.
func throttled(t *harness.T) {
	const most = 512 // 64 MB
	id := t.Dial().ID()
	for range most {
		a := t.Post(id, strings.Repeat("x", 128<<10))
		if a.Status == http.StatusOK {
			continue
		}
		t.Equal("status", a.Status, http.StatusTooManyRequests)
		t.Equal("x-amzn-ErrorType", errorType(a), "LimitExceededException")
		return
	}
	t.Failf("%d messages of 128 KB were accepted for a client that reads none", most)
}

func postWhileConnecting(t *harness.T) {
	watcher := t.Dial()
	notify := "notify=" + watcher.ID()
	connected := make(chan *harness.Response, 1) // the case may fail before it receives
	other := t.Fork()
	go func() { // ends with the handshake, which has a deadline
		defer close(connected)
		defer other.End()
		connected <- other.Handshake(nil, notify, "connect=sleep:1s")
	}()
	id := watcher.Event("CONNECT").Event.Text("connectionId")
	t.Equal("status while connect runs", t.Post(id, "early").Status, http.StatusGone)
	if a, ok := <-connected; !ok || a.Status != 101 {
		t.Failf("the handshake failed: %s", other.Detail())
	}
}

// infoCases check GET.
func infoCases() []harness.Case {
	const stamp = `"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?Z"`
	return []harness.Case{
		judged("get/200", sectionConnections,
			"GET answers 200 and has exactly the members it should have",
			func(t *harness.T) {
				info, _ := info(t, t.Dial().ID())
				t.Equal("members", harness.Keys(info.Top), "connectedAt identity lastActiveAt")
				t.Equal("members of identity", harness.Keys(info.Object("identity")), "sourceIp userAgent")
			}),
		judged("get/times", sectionConnections, "times are ISO 8601 in UTC", func(t *harness.T) {
			info, _ := info(t, t.Dial().ID())
			for _, name := range []string{"connectedAt", "lastActiveAt"} {
				if got := string(info.Top[name]); !regexp.MustCompile(`^` + stamp + `$`).MatchString(got) {
					t.Failf("%s: got %s, want a time such as 2020-04-30T20:10:33.236Z", name, got)
				}
			}
		}),
		judged("get/connectedAt", sectionConnections, "connectedAt is that of events",
			func(t *harness.T) {
				p := t.Dial()
				e := p.Ask("report").Event
				info, connected := info(t, e.Text("connectionId"))
				// A format without fractions of seconds is valid.
				off := connected.Sub(time.UnixMilli(e.Number("connectedAt"))).Abs()
				if off >= time.Second {
					t.Failf("connectedAt is %s, %v off", info.Top["connectedAt"], off)
				}
			}),
		judged("get/identity", sectionConnections, "the identity is that of events", func(t *harness.T) {
			e := t.Dial().Ask("report").Event
			info, _ := info(t, e.Text("connectionId"))
			for _, name := range []string{"sourceIp", "userAgent"} {
				t.Equal(name, info.Object("identity")[name], e.Object("identity")[name])
			}
		}),
		judged("get/lastActiveAt", sectionConnections, "a message updates lastActiveAt", lastActive),
		judged("get/handler", sectionConnections, "a handler gets the state of another connection",
			func(t *harness.T) {
				a, b := t.Dial(), t.Dial()
				n := a.Ask("info", "to", b.ID())
				t.Equal("result", n.Result, "ok")
				t.Equal("sourceIp", any(n.SourceIP), n.Event.Object("identity")["sourceIp"])
			}),
	}
}

// info calls GET and returns the body, as an event without context, and when the client connected.
func info(t *harness.T, id string) (harness.Event, time.Time) {
	a := t.Get(id)
	t.Equal("status", a.Status, http.StatusOK)
	var e harness.Event
	harness.Decode([]byte(a.Body), &e.Top)
	at, err := time.Parse(time.RFC3339, harness.Text(e.Top["connectedAt"]))
	if err != nil {
		t.Failf("connectedAt: got %s", harness.Show(a.Body))
	}
	return e, at
}

func lastActive(t *harness.T) {
	p := t.Dial()
	before, _ := info(t, p.ID())
	t.Wait(1100 * time.Millisecond) // a format without fractions of seconds is valid
	p.Ask("report")
	after, _ := info(t, p.ID())
	a, b := harness.Text(before.Top["lastActiveAt"]), harness.Text(after.Top["lastActiveAt"])
	if b <= a {
		t.Failf("lastActiveAt was %s, and after a message %s", a, b)
	}
}

// deleteCases check DELETE.
func deleteCases() []harness.Case {
	return []harness.Case{
		judged("delete/204", sectionConnections, "DELETE answers 204 with an empty body",
			func(t *harness.T) {
				a := t.Delete(t.Dial().ID())
				t.Equal("status", a.Status, http.StatusNoContent)
				t.Equal("body", a.Body, "")
			}),
		judged("delete/closes", sectionConnections, "the client is disconnected", func(t *harness.T) {
			p := t.Dial()
			t.Delete(p.ID())
			p.ReadUntilClosed()
		}),
		judged("delete/disconnect", "6.2", "$disconnect comes with 1000 and Connection Closed Normally",
			func(t *harness.T) {
				watcher, _, n := t.DialWatched()
				t.Delete(n.Event.Text("connectionId"))
				e := watcher.Event("DISCONNECT").Event
				t.Equal("code", e.Number("disconnectStatusCode"), int64(1000))
				t.Equal("reason", e.Text("disconnectReason"), "Connection Closed Normally")
			}),
		judged("delete/handler", sectionConnections, "a handler closes another connection",
			func(t *harness.T) {
				a, b := t.Dial(), t.Dial()
				t.Equal("result", a.Ask("close", "to", b.ID()).Result, "ok")
				b.ReadUntilClosed()
			}),
	}
}
