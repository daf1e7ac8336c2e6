package cases

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/tyg-dev/tyg/internal/conformance/harness"
)

// goneCases check calls with ids of no connection.
func goneCases() []harness.Case {
	var cases []harness.Case
	for _, method := range []string{"POST", "GET", "DELETE"} {
		cases = append(cases, judged("gone/"+strings.ToLower(method), sectionConnections,
			method+" to a client that left: 410, empty body, x-amzn-ErrorType GoneException",
			func(t *harness.T) {
				a := t.Call(harness.Call{Method: method, Path: harness.ConnectionPath(departed(t))})
				t.Equal("status", a.Status, http.StatusGone)
				t.Equal("body", a.Body, "")
				t.Equal("x-amzn-ErrorType", errorType(a), "GoneException")
			}))
	}
	cases = append(cases,
		judged("gone/deleted", sectionConnections, "a second DELETE: 410", func(t *harness.T) {
			id := t.Dial().ID()
			t.Equal("status", t.Delete(id).Status, http.StatusNoContent)
			t.Equal("status of the second", t.Delete(id).Status, http.StatusGone)
		}),
		judged("gone/handler", sectionConnections, "a handler learns that a connection is gone",
			func(t *harness.T) {
				id := departed(t)
				p := t.Dial()
				for _, action := range []string{"send", "close", "info"} {
					t.Equal(action, p.Ask(action, "to", id, "data", "hello").Result, "gone")
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
			"a malformed id: 400 BadRequestException, Invalid connectionId: …", func(t *harness.T) {
				a := t.Get(bad.id)
				t.Equal("status", a.Status, http.StatusBadRequest)
				t.Equal("x-amzn-ErrorType", errorType(a), "BadRequestException")
				t.Equal("body", a.Body, `{"message":"Invalid connectionId: `+bad.id+`"}`)
			}))
	}
	return cases
}

// departed returns the id of a client that has left.
func departed(t *harness.T) string {
	watcher, p, n := t.DialWatched()
	_ = p.Conn.Close(1000, "") // other cases check the server's close frame
	watcher.Event("DISCONNECT")
	return n.Event.Text("connectionId")
}

// pathCases check how clients write the path of a connection.
func pathCases() []harness.Case {
	var cases []harness.Case
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
			func(t *harness.T) {
				id := t.Dial().ID()
				path := "/" + row.at + "connections/" + strings.TrimSuffix(id, "=") + row.equals
				t.Equal("status", t.Call(harness.Call{Method: "GET", Path: path}).Status, http.StatusOK)
			}))
	}
	return append(cases,
		judged("path/stage", sectionConnections, "another stage: 403 ForbiddenException",
			func(t *harness.T) {
				id := t.Dial().ID()
				u, err := url.Parse(t.Endpoint.Management)
				t.Check("parse URL", err)
				t.Endpoint.Management = u.Scheme + "://" + u.Host + "/nosuchstage"
				a := t.Get(id)
				t.Equal("status", a.Status, http.StatusForbidden)
				t.Equal("x-amzn-ErrorType", errorType(a), "ForbiddenException")
			}),
		judged("path/method", sectionConnections, "PUT is not supported: 4xx", func(t *harness.T) {
			path := harness.ConnectionPath(t.Dial().ID())
			a := t.Call(harness.Call{Method: "PUT", Path: path, Body: "hello"})
			if a.Status < 400 || a.Status > 499 {
				t.Failf("status: got %d, want one of 400 to 499", a.Status)
			}
		}))
}
