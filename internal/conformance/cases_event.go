package conformance

import (
	"net/url"
	"strings"

	"github.com/tyg-dev/tyg/internal/wsclient"
)

// eventCases are about the shape of events.
func eventCases() []Case {
	const section = "2.1"
	shape := func(kind, want string) func(*trial) {
		return func(t *trial) {
			e := t.life()[kind]
			delete(e.top, "stageVariables") // which depend on the deployment
			t.equal("keys of the event", keys(e.top), want)
		}
	}
	return []Case{
		judged("event/connect-keys", section, "CONNECT has exactly the members it should have",
			shape("CONNECT", "headers isBase64Encoded multiValueHeaders "+
				"multiValueQueryStringParameters queryStringParameters requestContext")),
		judged("event/message-keys", section, "MESSAGE has exactly the members it should have",
			shape("MESSAGE", "body isBase64Encoded requestContext")),
		judged("event/disconnect-keys", section, "DISCONNECT has exactly the members it should have",
			shape("DISCONNECT", "headers isBase64Encoded multiValueHeaders requestContext")),
		judged("event/bare-keys", section, "without an authorizer nothing is said of one",
			func(t *trial) {
				p := t.dial()
				p.send("{}")
				t.equal("authorizer", p.note().Event.context["authorizer"] != nil, false)
			}).needing(needsBare),
		judged("event/no-null", section, "what does not apply is absent, never null", func(t *trial) {
			for kind, e := range t.life() {
				if strings.Contains(e.raw, ":null") {
					t.failf("%s has a null: %s", kind, e.raw)
				}
			}
		}),
		judged("event/base64", section, "isBase64Encoded is false", func(t *trial) {
			for kind, e := range t.life() {
				t.equal("isBase64Encoded of "+kind, string(e.top["isBase64Encoded"]), "false")
			}
		}),
		judged("event/body", section, "body is the message, as it was", func(t *trial) {
			const text = "{\r\n\t\"a\": \"ä€😀\\u0000<>&\"\r\n}"
			p := t.dial()
			p.send(text)
			t.equal("body", p.note().Event.body(), text)
		}),
		judged("event/query", section, "the query is in CONNECT, single and multiple", checkQuery),
		judged("event/headers", section, "the headers of the handshake keep their names", checkHeaders),
		judged("event/headers-multi", section, "all values of a header are in multiValueHeaders",
			func(t *trial) {
				t.equal("X-Probe",
					show(connectWith(t, "X-Probe", "a", "b").lists("multiValueHeaders")["X-Probe"]),
					show([]string{"a", "b"}))
			}),
		judged("event/hop-headers", section, "Connection and Upgrade are not among the headers",
			func(t *trial) {
				e := t.life()["CONNECT"]
				for _, name := range []string{"Connection", "Upgrade"} {
					t.equal(name, e.object("headers")[name], any(nil))
				}
			}),
		judged("event/added-headers", section, "the gateway's own headers are added", checkAdded),
		judged("event/disconnect-headers", section, "DISCONNECT has four headers, three of them empty",
			checkDisconnectHeaders),
	}
}

// body is the message in an event.
func (e event) body() string { return text(e.top["body"]) }

// lists returns a member whose values are lists of text.
func (e event) lists(name string) map[string][]string {
	var m map[string][]string
	decode(e.top[name], &m)
	return m
}

func checkQuery(t *trial) {
	_, _, n := t.watched("x=ä b", "y=1", "y=2")
	single := n.Event.object("queryStringParameters")
	multi := n.Event.lists("multiValueQueryStringParameters")
	t.equal("x", single["x"], any("ä b"))
	t.equal("all x", show(multi["x"]), show([]string{"ä b"}))
	t.equal("all y", show(multi["y"]), show([]string{"1", "2"}))
}

// connectWith connects with a header of its own and returns the event of that.
func connectWith(t *trial, name string, values ...string) event {
	watcher := t.dial()
	t.dialWith(&wsclient.Options{Header: map[string][]string{name: values}}, "notify="+watcher.id())
	return watcher.event("CONNECT").Event
}

func checkHeaders(t *trial) {
	e := connectWith(t, "X-Probe", "a")
	h := e.object("headers")
	t.equal("X-Probe", h["X-Probe"], any("a"))
	t.equal("Sec-WebSocket-Version", h["Sec-WebSocket-Version"], any("13"))
	for _, name := range []string{"Host", "Sec-WebSocket-Key"} {
		if _, ok := h[name].(string); !ok {
			t.failf("the header %s is missing; there are %s", name, keys(h))
		}
	}
	t.equal("names in multiValueHeaders", keys(e.lists("multiValueHeaders")), keys(h))
}

func checkAdded(t *trial) {
	h := t.life()["CONNECT"].object("headers")
	u, err := url.Parse(t.endpoint.URL)
	t.check("parse URL", err)
	scheme, port := "http", "80"
	if u.Scheme == "wss" || u.Scheme == "https" {
		scheme, port = "https", "443"
	}
	if u.Port() != "" {
		port = u.Port()
	}
	t.equal("X-Forwarded-Proto", h["X-Forwarded-Proto"], any(scheme))
	t.equal("X-Forwarded-Port", h["X-Forwarded-Port"], any(port))
	if v, _ := h["X-Forwarded-For"].(string); v == "" {
		t.failf("X-Forwarded-For is missing")
	}
	if v, _ := h["X-Amzn-Trace-Id"].(string); !strings.HasPrefix(v, "Root=1-") {
		t.failf("X-Amzn-Trace-Id: got %s, want Root=1-…", show(v))
	}
}

func checkDisconnectHeaders(t *trial) {
	e := t.life()["DISCONNECT"]
	h := e.object("headers")
	t.equal("names", keys(h), "Host X-Forwarded-For x-api-key x-restapi")
	multi := e.lists("multiValueHeaders")
	t.equal("names of multiple values", keys(multi), keys(h))
	for _, name := range []string{"X-Forwarded-For", "x-api-key", "x-restapi"} {
		t.equal(name, h[name], any(""))
		t.equal("all "+name, show(multi[name]), show([]string{""}))
	}
}
