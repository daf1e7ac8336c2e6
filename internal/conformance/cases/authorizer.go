package cases

import (
	"fmt"
	"net/http"

	"github.com/tyg-dev/tyg/internal/conformance/harness"
)

// authorizerCases check the results of the authorizer.
func authorizerCases() []harness.Case {
	const section = "1.7"
	cases := []harness.Case{
		judged("authorizer/missing", section,
			"a missing identity source: 401, without asking the authorizer",
			func(t *harness.T) {
				a := t.Handshake(func(r *harness.Request) { r.Target = pathOf(r) + "?auth=error" })
				t.Equal("status", a.Status, http.StatusUnauthorized)
			}),
		judged("authorizer/empty", section,
			"an empty identity source: 401, without asking the authorizer",
			func(t *harness.T) {
				a := t.Handshake(func(r *harness.Request) { r.Target = pathOf(r) + "?auth=error&probe=" })
				t.Equal("status", a.Status, http.StatusUnauthorized)
			}),
		judged("authorizer/first", section,
			"connect is not called for a client that the authorizer denies",
			func(t *harness.T) {
				watcher := t.Dial()
				t.ExpectStatus(http.StatusForbidden, "auth=deny", "notify="+watcher.ID())
				watcher.ExpectQuiet()
			}),
	}
	answers := []struct {
		name, title string
		status      int
	}{
		{"deny", "the authorizer denies: 403", http.StatusForbidden},
		{"unauthorized", "the authorizer says Unauthorized: 401", http.StatusUnauthorized},
		{"error", "the authorizer fails: 500", http.StatusInternalServerError},
		{"panic", "the authorizer panics: 500", http.StatusInternalServerError},
		{"anonymous", "a result without principal: 500", http.StatusInternalServerError},
		{"object", "a context with an object in it: 500", http.StatusInternalServerError},
		{"large", "a result over 8 KB: 500", http.StatusInternalServerError},
	}
	for _, a := range answers {
		cases = append(cases, judged("authorizer/"+a.name, section, a.title,
			func(t *harness.T) { t.ExpectStatus(a.status, "auth="+a.name) }))
	}
	for _, kind := range []string{"CONNECT", "MESSAGE", "DISCONNECT"} {
		cases = append(cases, judged("authorizer/context-"+kind, section,
			"the principal and the context are in the event "+kind,
			func(t *harness.T) { checkAuthorizer(t, life(t, "context=1")[kind]) }))
	}
	return cases
}

func pathOf(r *harness.Request) string {
	for i, c := range r.Target {
		if c == '?' {
			return r.Target[:i]
		}
	}
	return r.Target
}

func checkAuthorizer(t *harness.T, e harness.Event) {
	a := e.Object("authorizer")
	t.Equal("members of authorizer", harness.Keys(a),
		"flag integrationLatency notify number principalId text")
	t.Equal("principalId", a["principalId"], any("probe"))
	t.Equal("text", a["text"], any("word"))
	t.Equal("number", fmt.Sprint(a["number"]), "7")
	t.Equal("flag", fmt.Sprint(a["flag"]), "true")
	if _, ok := a["integrationLatency"].(float64); !ok {
		t.Failf("integrationLatency: got %s, want a number", harness.Show(a["integrationLatency"]))
	}
}

// life lets a client connect, send a message and disconnect, and returns the three events.
func life(t *harness.T, orders ...string) map[string]harness.Event {
	watcher, p, connect := t.DialWatched(orders...)
	message := p.Ask("report")
	_ = p.Conn.Close(1000, "bye") // other cases check the server's close frame
	end := watcher.Event("DISCONNECT")
	return map[string]harness.Event{
		"CONNECT": connect.Event, "MESSAGE": message.Event,
		"DISCONNECT": end.Event,
	}
}
