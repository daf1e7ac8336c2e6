package cases

import (
	"net/url"
	"strings"

	"github.com/tyg-dev/tyg/internal/conformance/harness"
	"github.com/tyg-dev/tyg/internal/wsclient"
)

// eventCases check the shape of events.
func eventCases() []harness.Case {
	const section = "2.1"
	shape := func(kind, want string) func(*harness.T) {
		return func(t *harness.T) {
			e := life(t)[kind]
			delete(e.Top, "stageVariables") // which depend on the deployment
			t.Equal("keys of the event", harness.Keys(e.Top), want)
		}
	}
	return []harness.Case{
		judged("event/connect-keys", section, "CONNECT has exactly the members it should have",
			shape("CONNECT", "headers isBase64Encoded multiValueHeaders "+
				"multiValueQueryStringParameters queryStringParameters requestContext")),
		judged("event/message-keys", section, "MESSAGE has exactly the members it should have",
			shape("MESSAGE", "body isBase64Encoded requestContext")),
		judged("event/disconnect-keys", section, "DISCONNECT has exactly the members it should have",
			shape("DISCONNECT", "headers isBase64Encoded multiValueHeaders requestContext")),
		judged("event/bare-keys", section, "without an authorizer there is no authorizer member",
			func(t *harness.T) {
				p := t.Dial()
				p.Send("{}")
				t.Equal("authorizer", p.Notice().Event.Context["authorizer"] != nil, false)
			}).Needing(harness.NeedsBare),
		judged("event/no-null", section, "members that do not apply are absent, never null",
			func(t *harness.T) {
				for kind, e := range life(t) {
					if strings.Contains(e.Raw, ":null") {
						t.Failf("%s has a null: %s", kind, e.Raw)
					}
				}
			}),
		judged("event/base64", section, "isBase64Encoded is false", func(t *harness.T) {
			for kind, e := range life(t) {
				t.Equal("isBase64Encoded of "+kind, string(e.Top["isBase64Encoded"]), "false")
			}
		}),
		judged("event/body", section, "body is the message, unchanged", func(t *harness.T) {
			const text = "{\r\n\t\"a\": \"ä€😀\\u0000<>&\"\r\n}"
			p := t.Dial()
			p.Send(text)
			t.Equal("body", p.Notice().Event.Body(), text)
		}),
		judged("event/query", section, "the query is in CONNECT, as single and multiple values",
			checkQuery),
		judged("event/headers", section, "the headers of the handshake keep their names", checkHeaders),
		judged("event/headers-multi", section, "all values of a header are in multiValueHeaders",
			func(t *harness.T) {
				t.Equal("X-Probe",
					harness.Show(connectWith(t, "X-Probe", "a", "b").Lists("multiValueHeaders")["X-Probe"]),
					harness.Show([]string{"a", "b"}))
			}),
		judged("event/hop-headers", section, "Connection and Upgrade are not among the headers",
			func(t *harness.T) {
				e := life(t)["CONNECT"]
				for _, name := range []string{"Connection", "Upgrade"} {
					t.Equal(name, e.Object("headers")[name], any(nil))
				}
			}),
		judged("event/added-headers", section, "the gateway's own headers are added", checkAdded),
		judged("event/disconnect-headers", section, "DISCONNECT has four headers, three of them empty",
			checkDisconnectHeaders),
	}
}

func checkQuery(t *harness.T) {
	_, _, n := t.DialWatched("x=ä b", "y=1", "y=2")
	single := n.Event.Object("queryStringParameters")
	multi := n.Event.Lists("multiValueQueryStringParameters")
	t.Equal("x", single["x"], any("ä b"))
	t.Equal("all x", harness.Show(multi["x"]), harness.Show([]string{"ä b"}))
	t.Equal("all y", harness.Show(multi["y"]), harness.Show([]string{"1", "2"}))
}

// connectWith connects with a header of its own and returns the event of that.
func connectWith(t *harness.T, name string, values ...string) harness.Event {
	watcher := t.Dial()
	t.DialWith(&wsclient.Options{Header: map[string][]string{name: values}}, "notify="+watcher.ID())
	return watcher.Event("CONNECT").Event
}

func checkHeaders(t *harness.T) {
	e := connectWith(t, "X-Probe", "a")
	h := e.Object("headers")
	t.Equal("X-Probe", h["X-Probe"], any("a"))
	t.Equal("Sec-WebSocket-Version", h["Sec-WebSocket-Version"], any("13"))
	for _, name := range []string{"Host", "Sec-WebSocket-Key"} {
		if _, ok := h[name].(string); !ok {
			t.Failf("the header %s is missing; there are %s", name, harness.Keys(h))
		}
	}
	t.Equal("names in multiValueHeaders", harness.Keys(e.Lists("multiValueHeaders")), harness.Keys(h))
}

func checkAdded(t *harness.T) {
	h := life(t)["CONNECT"].Object("headers")
	u, err := url.Parse(t.Endpoint.URL)
	t.Check("parse URL", err)
	scheme, port := "http", "80"
	if u.Scheme == "wss" || u.Scheme == "https" {
		scheme, port = "https", "443"
	}
	if u.Port() != "" {
		port = u.Port()
	}
	t.Equal("X-Forwarded-Proto", h["X-Forwarded-Proto"], any(scheme))
	t.Equal("X-Forwarded-Port", h["X-Forwarded-Port"], any(port))
	if v, _ := h["X-Forwarded-For"].(string); v == "" {
		t.Failf("X-Forwarded-For is missing")
	}
	if v, _ := h["X-Amzn-Trace-Id"].(string); !strings.HasPrefix(v, "Root=1-") {
		t.Failf("X-Amzn-Trace-Id: got %s, want Root=1-…", harness.Show(v))
	}
}

func checkDisconnectHeaders(t *harness.T) {
	e := life(t)["DISCONNECT"]
	h := e.Object("headers")
	t.Equal("names", harness.Keys(h), "Host X-Forwarded-For x-api-key x-restapi")
	multi := e.Lists("multiValueHeaders")
	t.Equal("names of multiple values", harness.Keys(multi), harness.Keys(h))
	for _, name := range []string{"X-Forwarded-For", "x-api-key", "x-restapi"} {
		t.Equal(name, h[name], any(""))
		t.Equal("all "+name, harness.Show(multi[name]), harness.Show([]string{""}))
	}
}
