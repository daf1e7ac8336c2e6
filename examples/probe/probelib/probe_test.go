package probelib_test

import (
	"encoding/json"
	"errors"
	"net/url"
	"testing"

	"github.com/tyg-dev/tyg/examples/probe/probelib"
	"github.com/tyg-dev/tyg/tygtest"
)

// Package conformance tests the probe over sockets; these tests run it without.

func dial(t *testing.T, host *tygtest.Host, query string) *tygtest.Client {
	t.Helper()
	q, err := url.ParseQuery("probe=1&" + query)
	if err != nil {
		t.Fatal(err)
	}
	client, err := host.Try(tygtest.Dial{Query: q})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// note receives a note and the request context in it.
func note(t *testing.T, c *tygtest.Client) (n probelib.Note, context map[string]any) {
	t.Helper()
	if err := json.Unmarshal([]byte(c.Receive()), &n); err != nil {
		t.Fatal(err)
	}
	var event struct{ RequestContext map[string]any }
	if err := json.Unmarshal(n.Event, &event); err != nil {
		t.Fatal(err)
	}
	return n, event.RequestContext
}

func TestNotify(t *testing.T) {
	host := tygtest.NewHost(t, probelib.New())
	watcher := dial(t, host, "")
	client := dial(t, host, "notify="+url.QueryEscape(string(watcher.ID())))
	if _, c := note(t,
		watcher); c["eventType"] != "CONNECT" || c["connectionId"] != string(client.ID()) {
		t.Errorf("first note is about %v", c)
	}
	client.Close(4001, "bye")
	_, c := note(t, watcher)
	if c["eventType"] != "DISCONNECT" || c["disconnectStatusCode"] != 4001. ||
		c["disconnectReason"] != "bye" {
		t.Errorf("second note is about %v", c)
	}
}

func TestReport(t *testing.T) {
	host := tygtest.NewHost(t, probelib.New())
	client := dial(t, host, "")
	for message, route := range map[string]string{
		`{"action":"report"}`: "report",
		"hello":               "$default",
	} {
		client.Send(message)
		if n, c := note(t, client); c["routeKey"] != route || n.Bytes != len(message) {
			t.Errorf("%s: %d bytes on route %v, want %d on %s", message, n.Bytes, c["routeKey"],
				len(message), route)
		}
	}
}

func TestRefuses(t *testing.T) {
	host := tygtest.NewHost(t, probelib.New())
	for query, want := range map[string]int{
		"": 401, "probe=1&auth=deny": 403, "probe=1&connect=reject:409": 409,
		"probe=1&connect=nonsense": 502,
	} {
		q, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		_, err = host.Try(tygtest.Dial{Query: q})
		if no, ok := errors.AsType[*tygtest.Refused](err); !ok || no.Status != want {
			t.Errorf("%q: %v, want it refused with %d", query, err, want)
		}
	}
	host.Errors() // the last is one
}
