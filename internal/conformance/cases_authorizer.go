package conformance

import (
	"fmt"
	"net/http"
)

// authorizerCases are about the answers of the authorizer, and what becomes of them.
func authorizerCases() []Case {
	const section = "1.7"
	cases := []Case{
		judged("authorizer/missing", section,
			"a missing identity source: 401, without asking the authorizer",
			func(t *trial) {
				a := t.handshake(func(r *request) { r.target = pathOf(r) + "?auth=error" })
				t.equal("status", a.status, http.StatusUnauthorized)
			}),
		judged("authorizer/empty", section,
			"an empty identity source: 401, without asking the authorizer",
			func(t *trial) {
				a := t.handshake(func(r *request) { r.target = pathOf(r) + "?auth=error&probe=" })
				t.equal("status", a.status, http.StatusUnauthorized)
			}),
		judged("authorizer/first", section, "whom the authorizer denies, connect does not see",
			func(t *trial) {
				watcher := t.dial()
				t.refused(http.StatusForbidden, "auth=deny", "notify="+watcher.id())
				watcher.calm()
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
		{"nobody", "a result without principal: 500", http.StatusInternalServerError},
		{"object", "a context with an object in it: 500", http.StatusInternalServerError},
		{"large", "a result over 8 KB: 500", http.StatusInternalServerError},
	}
	for _, a := range answers {
		cases = append(cases, judged("authorizer/"+a.name, section, a.title,
			func(t *trial) { t.refused(a.status, "auth="+a.name) }))
	}
	for _, kind := range []string{"CONNECT", "MESSAGE", "DISCONNECT"} {
		cases = append(cases, judged("authorizer/context-"+kind, section,
			"the principal and the context are in the event "+kind,
			func(t *trial) { checkAuthorizer(t, t.life("context=1")[kind]) }))
	}
	return cases
}

func pathOf(r *request) string {
	for i, c := range r.target {
		if c == '?' {
			return r.target[:i]
		}
	}
	return r.target
}

func checkAuthorizer(t *trial, e event) {
	a := e.object("authorizer")
	t.equal("members of authorizer", keys(a), "flag integrationLatency notify number principalId text")
	t.equal("principalId", a["principalId"], any("probe"))
	t.equal("text", a["text"], any("word"))
	t.equal("number", fmt.Sprint(a["number"]), "7")
	t.equal("flag", fmt.Sprint(a["flag"]), "true")
	if _, ok := a["integrationLatency"].(float64); !ok {
		t.failf("integrationLatency: got %s, want a number", show(a["integrationLatency"]))
	}
}

// life lets a client connect, say something and leave, and returns the three events of that.
func (t *trial) life(orders ...string) map[string]event {
	watcher, p, connect := t.watched(orders...)
	message := p.ask("report")
	_ = p.conn.Close(1000, "bye") // the server's answer is the business of other cases
	end := watcher.event("DISCONNECT")
	return map[string]event{
		"CONNECT": connect.Event, "MESSAGE": message.Event,
		"DISCONNECT": end.Event,
	}
}
