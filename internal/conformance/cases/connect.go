package cases

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/tyg-dev/tyg/internal/conformance/harness"
)

// connectCases check the results of the connect handler.
func connectCases() []harness.Case {
	cases := []harness.Case{
		judged("handshake/no-connect-route", "1.2", "without a $connect route every client is accepted",
			func(t *harness.T) { t.Equal("status", t.Handshake(nil).Status, 101) }).
			Needing(harness.NeedsBare),
		judged("handshake/waits", "1.2", "the 101 comes after connect has returned", waitsForConnect),
		judged("handshake/connect-none", "1.3", "connect returns no status: 101",
			func(t *harness.T) { t.ExpectStatus(101) }),
		judged("handshake/connect-throws", "1.3", "connect fails: 502",
			func(t *harness.T) { t.ExpectStatus(http.StatusBadGateway, "connect=error") }),
		judged("handshake/connect-panics", "1.3", "connect panics: 502",
			func(t *harness.T) { t.ExpectStatus(http.StatusBadGateway, "connect=panic") }),
		judged("handshake/secret", "1.3", "the text of connect's error is not in the response",
			func(t *harness.T) {
				a := t.ExpectStatus(http.StatusBadGateway, "connect=error")
				if strings.Contains(a.Body, "secret") {
					t.Failf("the client got %s", harness.Show(a.Body))
				}
			}),
		judged("handshake/refused-is-gone", "1.2", "a refused connection does not exist", refusedIsGone),
	}
	for _, status := range []int{200, 201} {
		cases = append(cases, judged(fmt.Sprintf("handshake/connect-%d", status), "1.3",
			fmt.Sprintf("connect returns %d: 101", status),
			func(t *harness.T) { t.ExpectStatus(101, fmt.Sprintf("connect=status:%d", status)) }))
	}
	for _, status := range []int{301, 302, 400, 401, 403, 404, 409, 418, 429, 500, 501, 503} {
		cases = append(cases, judged(fmt.Sprintf("handshake/connect-%d", status), "1.3",
			fmt.Sprintf("connect returns %d: the handshake gets the same status", status),
			func(t *harness.T) { t.ExpectStatus(status, fmt.Sprintf("connect=reject:%d", status)) }))
	}
	return cases
}

func waitsForConnect(t *harness.T) {
	const nap = 300 * time.Millisecond
	start := time.Now()
	t.ExpectStatus(101, "connect=sleep:"+nap.String())
	if took := time.Since(start); took < nap {
		t.Failf("the 101 came after %v, and connect takes %v", took, nap)
	}
}

func refusedIsGone(t *harness.T) {
	watcher := t.Dial()
	t.ExpectStatus(http.StatusForbidden, "notify="+watcher.ID(), "connect=reject:403")
	id := watcher.Event("CONNECT").Event.Text("connectionId")
	t.Equal("status of a POST", t.Post(id, "hello").Status, http.StatusGone)
}

// answerCases check the 101.
func answerCases() []harness.Case {
	return []harness.Case{
		judged("handshake/101-accept", "RFC 6455 4", "Sec-WebSocket-Accept answers the key",
			func(t *harness.T) {
				got := t.ExpectStatus(101).Header.Get("Sec-Websocket-Accept")
				t.Equal("Sec-WebSocket-Accept", got, harness.SampleAccept)
			}),
		judged("handshake/101-upgrade", "RFC 6455 4", "Upgrade and Connection say websocket",
			func(t *harness.T) {
				h := t.ExpectStatus(101).Header
				t.Equal("Upgrade", strings.ToLower(h.Get("Upgrade")), "websocket")
				t.Equal("Connection", strings.ToLower(h.Get("Connection")), "upgrade")
			}),
		judged("handshake/101-headers", "1.3",
			"connect's reply adds only the subprotocol to the 101",
			strangeHeaders),
	}
}

// strangeHeaders fails for headers that no gateway adds by itself.
func strangeHeaders(t *harness.T) {
	a := t.ExpectStatus(101, "connect=status:200")
	own := []string{
		"Connection", "Date", "Server", "Upgrade", "Via",
		"Sec-Websocket-Accept", "Sec-Websocket-Extensions", "Sec-Websocket-Protocol",
	}
	for name := range a.Header {
		if !slices.Contains(own, name) && !strings.HasPrefix(name, "X-Amz") {
			t.Failf("the 101 has the header %s: %q", name, a.Header[name])
		}
	}
}

// subprotocolCases check Sec-WebSocket-Protocol.
func subprotocolCases() []harness.Case {
	const name = "Sec-Websocket-Protocol"
	offer := func(r *harness.Request) { r.Set("Sec-WebSocket-Protocol", "chat.v2, chat.v1") }
	return []harness.Case{
		judged("subprotocol/none", "1.4", "no subprotocol is selected unless connect selects one",
			func(t *harness.T) {
				a := t.Handshake(offer)
				t.Equal("status", a.Status, 101)
				t.Equal(name, len(a.Header.Values(name)), 0)
			}),
		judged("subprotocol/selected", "1.4", "the subprotocol that connect selects is in the 101",
			func(t *harness.T) {
				a := t.Handshake(offer, "connect=accept:chat.v1")
				t.Equal("status", a.Status, 101)
				t.Equal(name, a.Header.Get(name), "chat.v1")
			}),
		judged("subprotocol/refused", "1.4", "connect may refuse a subprotocol with 400",
			func(t *harness.T) {
				t.Equal("status", t.Handshake(offer, "connect=reject:400").Status, http.StatusBadRequest)
			}),
		judged("subprotocol/not-offered", "1.4", "a client that offers none gets none",
			func(t *harness.T) {
				a := t.Handshake(nil, "connect=accept:chat.v1")
				t.Equal("status", a.Status, 101)
				t.Equal(name, len(a.Header.Values(name)), 0)
			}),
		judged("subprotocol/bare", "1.4", "without a $connect route no subprotocol is selected",
			func(t *harness.T) {
				a := t.Handshake(offer)
				t.Equal("status", a.Status, 101)
				t.Equal(name, len(a.Header.Values(name)), 0)
			}).Needing(harness.NeedsBare),
	}
}
