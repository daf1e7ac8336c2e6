package conformance

import (
	"net/http"
	"net/url"
	"strings"
)

// goneCases are about ids that lead nowhere.
func goneCases() []Case {
	var cases []Case
	for _, method := range []string{"POST", "GET", "DELETE"} {
		cases = append(cases, judged("gone/"+strings.ToLower(method), sectionConnections,
			method+" to a client that left: 410, empty body, x-amzn-ErrorType GoneException",
			func(t *trial) {
				a := t.call(call{method: method, path: connection(t.departed())})
				t.equal("status", a.status, http.StatusGone)
				t.equal("body", a.body, "")
				t.equal("x-amzn-ErrorType", errorType(a), "GoneException")
			}))
	}
	cases = append(cases,
		judged("gone/deleted", sectionConnections, "a second DELETE: 410", func(t *trial) {
			id := t.dial().id()
			t.equal("status", t.delete(id).status, http.StatusNoContent)
			t.equal("status of the second", t.delete(id).status, http.StatusGone)
		}),
		judged("gone/handler", sectionConnections, "a handler learns that a connection is gone",
			func(t *trial) {
				id := t.departed()
				p := t.dial()
				for _, action := range []string{"send", "close", "info"} {
					t.equal(action, p.ask(action, "to", id, "data", "hello").Result, "gone")
				}
			}))
	for _, bad := range []struct{ name, id string }{
		{"word", "hello"},
		{"short", "AAAAAAAAAAAA"},
		{"long", strings.Repeat("A", 40) + "="},
		{"uuid", "5b3f4ff4-6d3c-4f51-9a54-06e2cf6f0e6b"},
		{"strange", "AAAAA!AAAA%AAAA="},
		{"space", " "},
	} {
		cases = append(cases, judged("malformed/"+bad.name, sectionConnections,
			"an id that cannot be: 400 BadRequestException, Invalid connectionId: …", func(t *trial) {
				a := t.get(bad.id)
				t.equal("status", a.status, http.StatusBadRequest)
				t.equal("x-amzn-ErrorType", errorType(a), "BadRequestException")
				t.equal("body", a.body, `{"message":"Invalid connectionId: `+bad.id+`"}`)
			}))
	}
	return cases
}

// departed returns the id of a client that has left.
func (t *trial) departed() string {
	watcher, p, n := t.watched()
	_ = p.conn.Close(1000, "") // the server's answer is the business of other cases
	watcher.event("DISCONNECT")
	return n.Event.text("connectionId")
}

// pathCases are about how clients write the path of a connection.
func pathCases() []Case {
	var cases []Case
	rows := []struct{ name, title, at, equals string }{
		{"raw", "@ and = as they are", "@", "="},
		{"encoded", "%40 and %3D", "%40", "%3D"},
		{"at-raw", "@ and %3D", "@", "%3D"},
		{"equals-raw", "%40 and =", "%40", "="},
		{"lower", "%40 and %3d", "%40", "%3d"},
	}
	for _, row := range rows {
		cases = append(cases, judged("path/"+row.name, sectionConnections,
			"the path is written with "+row.title+", and the signature is right",
			func(t *trial) {
				id := t.dial().id()
				path := "/" + row.at + "connections/" + strings.TrimSuffix(id, "=") + row.equals
				t.equal("status", t.call(call{method: "GET", path: path}).status, http.StatusOK)
			}))
	}
	return append(cases,
		judged("path/stage", sectionConnections, "another stage: 403 ForbiddenException", func(t *trial) {
			id := t.dial().id()
			u, err := url.Parse(t.endpoint.Management)
			t.check("parse URL", err)
			t.endpoint.Management = u.Scheme + "://" + u.Host + "/nosuchstage"
			a := t.get(id)
			t.equal("status", a.status, http.StatusForbidden)
			t.equal("x-amzn-ErrorType", errorType(a), "ForbiddenException")
		}),
		judged("path/method", sectionConnections, "PUT is no call: 4xx", func(t *trial) {
			a := t.call(call{method: "PUT", path: connection(t.dial().id()), body: "hello"})
			if a.status < 400 || a.status > 499 {
				t.failf("status: got %d, want one of 400 to 499", a.status)
			}
		}))
}
