package cases

import (
	"maps"
	"net/url"
	"slices"
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
		judged("event/query-odd", section, "parameters that are not well-formed are in CONNECT, decoded "+
			"as far as they can be", checkOddQuery),
		judged("event/headers", section, "the headers of the handshake keep their names", checkHeaders),
		judged("event/headers-names", section, "names of headers are as the client spelt them",
			checkNames),
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
		// $context.identity.sourceIp is the address of the TCP connection.
		// (https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-mapping-template-reference.html)
		judged("event/forwarded-source", section, "X-Forwarded-For of a client is not its source address",
			func(t *harness.T) {
				plain := connectRaw(t, nil).Object("identity")["sourceIp"]
				t.Equal("sourceIp", connectRaw(t, forward).Object("identity")["sourceIp"], plain)
			}),
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

// checkNames sends names that servers respell: in the canonical form of Go, or all in lower case. A
// tyg gateway behind an http.Server of one's own fails it, unless the listener of that server is
// made with gateway.KeepHeaderNames.
func checkNames(t *harness.T) {
	sent := map[string]string{
		"x-api-key": "k", "X-GitHub-Event": "p", "DNT": "1", "X_Under_Score": "1", "x-MIXED-Case": "1",
	}
	header := make(map[string][]string, len(sent))
	for name, value := range sent {
		header[name] = []string{value}
	}
	watcher := t.Dial()
	t.DialWith(&wsclient.Options{Header: header}, "notify="+watcher.ID())
	e := watcher.Event("CONNECT").Event
	single, multi := e.Object("headers"), e.Lists("multiValueHeaders")
	for _, name := range slices.Sorted(maps.Keys(sent)) {
		if single[name] != any(sent[name]) {
			t.Failf("%s: got %s; there are %s", name, harness.Show(single[name]), harness.Keys(single))
		}
		t.Equal("all "+name, harness.Show(multi[name]), harness.Show([]string{sent[name]}))
	}
}

// connectRaw connects with a query and headers as they are, and returns the event of that.
func connectRaw(t *harness.T, change func(r *harness.Request)) harness.Event {
	watcher := t.Dial()
	a := t.Handshake(change, "notify="+watcher.ID())
	t.Equal("status of the handshake", a.Status, 101)
	return watcher.Event("CONNECT").Event
}

func checkOddQuery(t *harness.T) {
	e := connectRaw(t, func(r *harness.Request) {
		r.Target += "&token=a;b&part=100%&hex=%zz+%41&&=v&bare"
	})
	single := e.Object("queryStringParameters")
	for _, want := range [][2]string{
		{"token", "a;b"}, {"part", "100%"}, {"hex", "%zz A"}, {"", "v"}, {"bare", ""},
	} {
		t.Equal(harness.Show(want[0]), harness.Show(single[want[0]]), harness.Show(want[1]))
	}
}

// forward claims to be a proxy, in all spellings that are in use.
func forward(r *harness.Request) {
	r.Add("X-Forwarded-For", "192.0.2.7:4711, [2001:db8::7]:4711")
	r.Add("X-Forwarded-For", "192.0.2.8")
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
	if h["X-Forwarded-Proto"] == "https" && scheme == "http" { // as functions see it on AWS
		scheme, port = "https", "443"
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
