package conformance

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// connectCases are about what the connect handler answers.
func connectCases() []Case {
	cases := []Case{
		judged("handshake/no-connect-route", "1.2", "without a $connect route everybody is let in",
			func(t *trial) { t.equal("status", t.handshake(nil).status, 101) }).needing(needsBare),
		judged("handshake/waits", "1.2", "the 101 comes after connect has returned", waitsForConnect),
		judged("handshake/connect-none", "1.3", "connect returns without a status: 101",
			func(t *trial) { t.refused(101) }),
		judged("handshake/connect-throws", "1.3", "connect fails: 502",
			func(t *trial) { t.refused(http.StatusBadGateway, "connect=error") }),
		judged("handshake/connect-panics", "1.3", "connect panics: 502",
			func(t *trial) { t.refused(http.StatusBadGateway, "connect=panic") }),
		judged("handshake/secret", "1.3", "the text of connect's error is not in the answer",
			func(t *trial) {
				if a := t.refused(http.StatusBadGateway, "connect=error"); strings.Contains(a.body, "secret") {
					t.failf("the client was told %s", show(a.body))
				}
			}),
		judged("handshake/refused-is-gone", "1.2", "a refused connection does not exist", refusedIsGone),
	}
	for _, status := range []int{200, 201} {
		cases = append(cases, judged(fmt.Sprintf("handshake/connect-%d", status), "1.3",
			fmt.Sprintf("connect returns %d: 101", status),
			func(t *trial) { t.refused(101, fmt.Sprintf("connect=status:%d", status)) }))
	}
	for _, status := range []int{301, 302, 400, 401, 403, 404, 409, 418, 429, 500, 501, 503} {
		cases = append(cases, judged(fmt.Sprintf("handshake/connect-%d", status), "1.3",
			fmt.Sprintf("connect returns %d: the handshake has that very status", status),
			func(t *trial) { t.refused(status, fmt.Sprintf("connect=reject:%d", status)) }))
	}
	return cases
}

func waitsForConnect(t *trial) {
	const nap = 300 * time.Millisecond
	start := time.Now()
	t.refused(101, "connect=sleep:"+nap.String())
	if took := time.Since(start); took < nap {
		t.failf("the 101 came after %v, and connect takes %v", took, nap)
	}
}

func refusedIsGone(t *trial) {
	watcher := t.dial()
	t.refused(http.StatusForbidden, "notify="+watcher.id(), "connect=reject:403")
	id := watcher.event("CONNECT").Event.text("connectionId")
	t.equal("status of a POST", t.post(id, "hello").status, http.StatusGone)
}

// answerCases are about the 101.
func answerCases() []Case {
	return []Case{
		judged("handshake/101-accept", "RFC 6455 4", "Sec-WebSocket-Accept answers the key",
			func(t *trial) {
				t.equal("Sec-WebSocket-Accept", t.refused(101).header.Get("Sec-Websocket-Accept"), sampleAccept)
			}),
		judged("handshake/101-upgrade", "RFC 6455 4", "Upgrade and Connection say websocket",
			func(t *trial) {
				h := t.refused(101).header
				t.equal("Upgrade", strings.ToLower(h.Get("Upgrade")), "websocket")
				t.equal("Connection", strings.ToLower(h.Get("Connection")), "upgrade")
			}),
		judged("handshake/101-headers", "1.3",
			"nothing of connect's reply but the subprotocol is in the 101",
			strangeHeaders),
	}
}

// strangeHeaders looks for headers that no gateway adds by itself.
func strangeHeaders(t *trial) {
	a := t.refused(101, "connect=status:200")
	own := []string{
		"Connection", "Date", "Server", "Upgrade", "Via",
		"Sec-Websocket-Accept", "Sec-Websocket-Extensions", "Sec-Websocket-Protocol",
	}
	for name := range a.header {
		if !slices.Contains(own, name) && !strings.HasPrefix(name, "X-Amz") {
			t.failf("the 101 has the header %s: %q", name, a.header[name])
		}
	}
}

// subprotocolCases are about Sec-WebSocket-Protocol.
func subprotocolCases() []Case {
	const name = "Sec-Websocket-Protocol"
	offer := func(r *request) { r.set("Sec-WebSocket-Protocol", "chat.v2, chat.v1") }
	return []Case{
		judged("subprotocol/none", "1.4", "none is selected unless connect does it", func(t *trial) {
			a := t.handshake(offer)
			t.equal("status", a.status, 101)
			t.equal(name, len(a.header.Values(name)), 0)
		}),
		judged("subprotocol/selected", "1.4", "what connect selects is in the 101", func(t *trial) {
			a := t.handshake(offer, "connect=accept:chat.v1")
			t.equal("status", a.status, 101)
			t.equal(name, a.header.Get(name), "chat.v1")
		}),
		judged("subprotocol/refused", "1.4", "connect may refuse a subprotocol with 400", func(t *trial) {
			t.equal("status", t.handshake(offer, "connect=reject:400").status, http.StatusBadRequest)
		}),
		judged("subprotocol/not-offered", "1.4", "a client that offers none gets none", func(t *trial) {
			a := t.handshake(nil, "connect=accept:chat.v1")
			t.equal("status", a.status, 101)
			t.equal(name, len(a.header.Values(name)), 0)
		}),
		judged("subprotocol/bare", "1.4", "without a $connect route none is selected", func(t *trial) {
			a := t.handshake(offer)
			t.equal("status", a.status, 101)
			t.equal(name, len(a.header.Values(name)), 0)
		}).needing(needsBare),
	}
}
