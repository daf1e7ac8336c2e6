package conformance

import (
	"net/url"
	"regexp"
	"time"

	"github.com/tyg-dev/tyg/internal/wsclient"
)

// contextCases are about the members of requestContext, one case for each.
func contextCases() []Case {
	const section = "2.2"
	each := func(id, title string, check func(t *trial, kind string, e event)) Case {
		return judged("context/"+id, section, title, func(t *trial) {
			for kind, e := range t.life() {
				check(t, kind, e)
			}
		})
	}
	return []Case{
		judged("context/keys", section, "each event has exactly the members it should have",
			checkContextKeys),
		judged("context/constant", section, "connectionId, connectedAt, stage, apiId, domainName stay",
			func(t *trial) {
				life := t.life()
				for _, name := range []string{"connectionId", "connectedAt", "stage", "apiId", "domainName"} {
					t.equal(name+" of MESSAGE", string(life["MESSAGE"].context[name]),
						string(life["CONNECT"].context[name]))
					t.equal(name+" of DISCONNECT", string(life["DISCONNECT"].context[name]),
						string(life["CONNECT"].context[name]))
				}
			}),
		each("routeKey", "routeKey is $connect, the key that matched, $disconnect",
			func(t *trial, kind string, e event) {
				want := map[string]string{
					"CONNECT": "$connect", "MESSAGE": "report",
					"DISCONNECT": "$disconnect",
				}[kind]
				t.equal("routeKey of "+kind, e.text("routeKey"), want)
			}),
		each("messageDirection", "messageDirection is IN", func(t *trial, kind string, e event) {
			t.equal("messageDirection of "+kind, e.text("messageDirection"), "IN")
		}),
		each("extendedRequestId", "extendedRequestId is the requestId",
			func(t *trial, kind string, e event) {
				t.equal("extendedRequestId of "+kind, e.text("extendedRequestId"), e.text("requestId"))
			}),
		each("requestTime", "requestTime is requestTimeEpoch for people, in UTC",
			func(t *trial, kind string, e event) {
				at := time.UnixMilli(e.number("requestTimeEpoch")).UTC()
				t.equal("requestTime of "+kind, e.text("requestTime"), at.Format("02/Jan/2006:15:04:05 +0000"))
			}),
		each("domainName", "domainName is the host that the client used",
			func(t *trial, kind string, e event) {
				u, err := url.Parse(t.endpoint.URL)
				t.check("parse URL", err)
				t.equal("domainName of "+kind, e.text("domainName"), u.Host)
			}),
		each("sourceIp", "identity.sourceIp is an address", func(t *trial, kind string, e event) {
			ip, _ := e.object("identity")["sourceIp"].(string)
			if !regexp.MustCompile(`^[0-9a-f.:]+$`).MatchString(ip) {
				t.failf("sourceIp of %s: got %q", kind, ip)
			}
		}),
		judged("context/connectedAt", section,
			"connectedAt is the time of the handshake, in milliseconds", checkTimes),
		judged("context/requestId", section, "each event has a requestId of its own", checkRequestIDs),
		judged("context/userAgent", section, "identity.userAgent is there if the client sent one",
			checkUserAgent),
		judged("context/messageId", section, "messageId is there for messages, and one for each",
			checkMessageIDs),
		judged("context/disconnect", section, "disconnectStatusCode is a number, disconnectReason a text",
			func(t *trial) {
				e := t.life()["DISCONNECT"]
				t.equal("disconnectStatusCode", string(e.context["disconnectStatusCode"]), "1000")
				t.equal("disconnectReason", string(e.context["disconnectReason"]), `"bye"`)
			}),
	}
}

func checkContextKeys(t *trial) {
	const end = "requestId requestTime requestTimeEpoch routeKey stage"
	const common = "apiId authorizer connectedAt connectionId "
	const rest = "domainName eventType extendedRequestId identity messageDirection "
	want := map[string]string{
		"CONNECT":    common + rest + end,
		"MESSAGE":    common + rest + "messageId " + end,
		"DISCONNECT": common + "disconnectReason disconnectStatusCode " + rest + end,
	}
	for kind, e := range t.life() {
		t.equal("members of requestContext of "+kind, keys(e.context), want[kind])
	}
}

// checkTimes allows for a clock that is a minute off.
func checkTimes(t *trial) {
	life := t.life()
	e := life["CONNECT"]
	connected := time.UnixMilli(e.number("connectedAt"))
	if off := time.Since(connected); off > time.Minute || off < -time.Minute {
		t.failf("connectedAt is %v, which is %v ago", connected, off)
	}
	if lag := e.number("requestTimeEpoch") - e.number("connectedAt"); lag < 0 || lag > 1000 {
		t.failf("requestTimeEpoch of CONNECT is %d ms after connectedAt", lag)
	}
	if life["DISCONNECT"].number("requestTimeEpoch") < life["MESSAGE"].number("requestTimeEpoch") {
		t.failf("DISCONNECT is before MESSAGE")
	}
}

func checkRequestIDs(t *trial) {
	seen := make(map[string]string)
	for kind, e := range t.life() {
		id := e.text("requestId")
		if other := seen[id]; id == "" || other != "" {
			t.failf("%s has the requestId %q of %s", kind, id, other)
		}
		seen[id] = kind
	}
}

func checkUserAgent(t *trial) {
	agent := connectWith(t, "User-Agent", "probe/1").object("identity")["userAgent"]
	t.equal("userAgent", agent, any("probe/1"))
	p := t.dialWith(&wsclient.Options{Header: map[string][]string{"User-Agent": {""}}})
	t.equal("members of identity", keys(p.ask("report").Event.object("identity")), "sourceIp")
}

func checkMessageIDs(t *trial) {
	p := t.dial()
	a, b := p.ask("report").Event.text("messageId"), p.ask("report").Event.text("messageId")
	if a == "" || a == b {
		t.failf("the messageIds of two messages are %q and %q", a, b)
	}
}

// idCases are about the form of ids.
func idCases() []Case {
	const section = "2.3"
	form := func(name string) func(t *trial) {
		return func(t *trial) {
			id := t.dial().ask("report").Event.text(name)
			if !regexp.MustCompile(`^[A-Za-z0-9_-]{15}=$`).MatchString(id) {
				t.failf("%s: got %q, want 15 of A-Za-z0-9_- and =", name, id)
			}
		}
	}
	return []Case{
		judged("id/connectionId", section, "connectionId is 15 characters and =", form("connectionId")),
		judged("id/messageId", section, "messageId is 15 characters and =", form("messageId")),
		judged("id/requestId", section, "requestId is 15 characters and =", form("requestId")),
		judged("id/unique", section, "two connections have two ids", func(t *trial) {
			if a, b := t.dial().id(), t.dial().id(); a == b {
				t.failf("both are %q", a)
			}
		}),
	}
}
