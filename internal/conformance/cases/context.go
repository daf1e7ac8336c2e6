package cases

import (
	"net/url"
	"regexp"
	"time"

	"github.com/tyg-dev/tyg/internal/conformance/harness"
	"github.com/tyg-dev/tyg/internal/wsclient"
)

// contextCases check the members of requestContext, one case for each.
func contextCases() []harness.Case {
	const section = "2.2"
	type check = func(t *harness.T, kind string, e harness.Event)
	each := func(id, title string, check check) harness.Case {
		return judged("context/"+id, section, title, func(t *harness.T) {
			for kind, e := range life(t) {
				check(t, kind, e)
			}
		})
	}
	return []harness.Case{
		judged("context/keys", section, "each event has exactly the members it should have",
			checkContextKeys),
		judged("context/constant", section,
			"connectionId, connectedAt, stage, apiId, domainName are constant",
			func(t *harness.T) {
				life := life(t)
				for _, name := range []string{"connectionId", "connectedAt", "stage", "apiId", "domainName"} {
					t.Equal(name+" of MESSAGE", string(life["MESSAGE"].Context[name]),
						string(life["CONNECT"].Context[name]))
					t.Equal(name+" of DISCONNECT", string(life["DISCONNECT"].Context[name]),
						string(life["CONNECT"].Context[name]))
				}
			}),
		each("routeKey", "routeKey is $connect, the key that matched, $disconnect",
			func(t *harness.T, kind string, e harness.Event) {
				want := map[string]string{
					"CONNECT": "$connect", "MESSAGE": "report",
					"DISCONNECT": "$disconnect",
				}[kind]
				t.Equal("routeKey of "+kind, e.Text("routeKey"), want)
			}),
		each("messageDirection", "messageDirection is IN",
			func(t *harness.T, kind string, e harness.Event) {
				t.Equal("messageDirection of "+kind, e.Text("messageDirection"), "IN")
			}),
		each("extendedRequestId", "extendedRequestId is the requestId",
			func(t *harness.T, kind string, e harness.Event) {
				t.Equal("extendedRequestId of "+kind, e.Text("extendedRequestId"), e.Text("requestId"))
			}),
		each("requestTime", "requestTime is requestTimeEpoch as text, in UTC",
			func(t *harness.T, kind string, e harness.Event) {
				at := time.UnixMilli(e.Number("requestTimeEpoch")).UTC()
				t.Equal("requestTime of "+kind, e.Text("requestTime"), at.Format("02/Jan/2006:15:04:05 +0000"))
			}),
		each("domainName", "domainName is the host that the client used",
			func(t *harness.T, kind string, e harness.Event) {
				u, err := url.Parse(t.Endpoint.URL)
				t.Check("parse URL", err)
				t.Equal("domainName of "+kind, e.Text("domainName"), u.Host)
			}),
		each("sourceIp", "identity.sourceIp is an address",
			func(t *harness.T, kind string, e harness.Event) {
				ip, _ := e.Object("identity")["sourceIp"].(string)
				if !regexp.MustCompile(`^[0-9a-f.:]+$`).MatchString(ip) {
					t.Failf("sourceIp of %s: got %q", kind, ip)
				}
			}),
		judged("context/connectedAt", section,
			"connectedAt is the time of the handshake, in milliseconds", checkTimes),
		judged("context/requestId", section, "each event has a requestId of its own", checkRequestIDs),
		judged("context/userAgent", section, "identity.userAgent is present if the client sent one",
			checkUserAgent),
		judged("context/messageId", section, "each message has a messageId of its own",
			checkMessageIDs),
		judged("context/disconnect", section, "disconnectStatusCode is a number, disconnectReason a text",
			func(t *harness.T) {
				e := life(t)["DISCONNECT"]
				t.Equal("disconnectStatusCode", string(e.Context["disconnectStatusCode"]), "1000")
				t.Equal("disconnectReason", string(e.Context["disconnectReason"]), `"bye"`)
			}),
	}
}

func checkContextKeys(t *harness.T) {
	const end = "requestId requestTime requestTimeEpoch routeKey stage"
	const common = "apiId authorizer connectedAt connectionId "
	const rest = "domainName eventType extendedRequestId identity messageDirection "
	want := map[string]string{
		"CONNECT":    common + rest + end,
		"MESSAGE":    common + rest + "messageId " + end,
		"DISCONNECT": common + "disconnectReason disconnectStatusCode " + rest + end,
	}
	for kind, e := range life(t) {
		t.Equal("members of requestContext of "+kind, harness.Keys(e.Context), want[kind])
	}
}

// checkTimes allows the clock of the endpoint to be a minute off.
func checkTimes(t *harness.T) {
	life := life(t)
	e := life["CONNECT"]
	connected := time.UnixMilli(e.Number("connectedAt"))
	if off := time.Since(connected); off > time.Minute || off < -time.Minute {
		t.Failf("connectedAt is %v, which is %v ago", connected, off)
	}
	if lag := e.Number("requestTimeEpoch") - e.Number("connectedAt"); lag < 0 || lag > 1000 {
		t.Failf("requestTimeEpoch of CONNECT is %d ms after connectedAt", lag)
	}
	if life["DISCONNECT"].Number("requestTimeEpoch") < life["MESSAGE"].Number("requestTimeEpoch") {
		t.Failf("DISCONNECT is before MESSAGE")
	}
}

func checkRequestIDs(t *harness.T) {
	seen := make(map[string]string)
	for kind, e := range life(t) {
		id := e.Text("requestId")
		if other := seen[id]; id == "" || other != "" {
			t.Failf("%s has the requestId %q of %s", kind, id, other)
		}
		seen[id] = kind
	}
}

func checkUserAgent(t *harness.T) {
	agent := connectWith(t, "User-Agent", "probe/1").Object("identity")["userAgent"]
	t.Equal("userAgent", agent, any("probe/1"))
	p := t.DialWith(&wsclient.Options{Header: map[string][]string{"User-Agent": {""}}})
	t.Equal("members of identity", harness.Keys(p.Ask("report").Event.Object("identity")), "sourceIp")
}

func checkMessageIDs(t *harness.T) {
	p := t.Dial()
	a, b := p.Ask("report").Event.Text("messageId"), p.Ask("report").Event.Text("messageId")
	if a == "" || a == b {
		t.Failf("the messageIds of two messages are %q and %q", a, b)
	}
}

// idCases check the form of ids.
func idCases() []harness.Case {
	const section = "2.3"
	form := func(name string) func(t *harness.T) {
		return func(t *harness.T) {
			id := t.Dial().Ask("report").Event.Text(name)
			if !regexp.MustCompile(`^[A-Za-z0-9_-]{15}=$`).MatchString(id) {
				t.Failf("%s: got %q, want 15 of A-Za-z0-9_- and =", name, id)
			}
		}
	}
	return []harness.Case{
		judged("id/connectionId", section, "connectionId is 15 characters and =", form("connectionId")),
		judged("id/messageId", section, "messageId is 15 characters and =", form("messageId")),
		judged("id/requestId", section, "requestId is 15 characters and =", form("requestId")),
		judged("id/unique", section, "two connections have two ids", func(t *harness.T) {
			if a, b := t.Dial().ID(), t.Dial().ID(); a == b {
				t.Failf("both are %q", a)
			}
		}),
	}
}
