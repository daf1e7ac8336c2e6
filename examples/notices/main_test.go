package main

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/tyg-dev/tyg/tygtest"
)

// What comes from each source reaches all clients.
func TestTriggersReachClients(t *testing.T) {
	app := newApp()
	host := tygtest.NewHost(t, app)
	john, jenny := host.Dial(), host.Dial()
	handle := func(name, event string) string {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		reply, err := app.HandleTrigger(ctx, name, json.RawMessage(event))
		if err != nil {
			t.Fatal(err)
		}
		return string(reply)
	}
	john.Send("hello")
	reply := handle("jobs", `{"Records":[{"eventSource":"aws:sqs","messageId":"1","body":"work"}]}`)
	if reply != `{"batchItemFailures":[]}` {
		t.Errorf("the queue was answered %s", reply)
	}
	handle("clock", `{"detail-type":"Scheduled Event","time":"2026-11-30T12:00:00Z"}`)
	reply = handle("hook",
		`{"rawPath":"/","body":"news","requestContext":{"http":{"method":"POST"}}}`)
	if !strings.Contains(reply, `"statusCode":200`) {
		t.Errorf("the request was answered %s", reply)
	}
	for _, c := range []*tygtest.Client{john, jenny} {
		for _, want := range []string{"client: hello", "queue: work", "clock: 12:00:00", "hook: news"} {
			if got := c.Receive(); got != want {
				t.Errorf("a client got %q, want %q", got, want)
			}
		}
	}
}
