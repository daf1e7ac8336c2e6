package gateway_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/gateway"
	"github.com/tyg-dev/tyg/internal/ws"
)

// A lineWriter keeps the lines of an access log. It does not lock, because the log must.
type lineWriter struct{ writes []string }

func (p *lineWriter) Write(b []byte) (int, error) {
	p.writes = append(p.writes, string(b))
	return len(b), nil
}

// records shuts r down and returns the log's lines, each of which must be JSON and come in one
// write.
func (p *lineWriter) records(t *testing.T, r *rig) []map[string]string {
	t.Helper()
	if err := r.Shutdown(context.Background()); err != nil {
		t.Error(err)
	}
	var all []map[string]string
	for _, line := range p.writes {
		var one map[string]string
		err := json.Unmarshal([]byte(line), &one)
		if err != nil || strings.Index(line, "\n") != len(line)-1 {
			t.Errorf("line %q: %v", line, err)
		}
		all = append(all, one)
	}
	return all
}

// summary returns the part of a record that a test can know.
func summary(one map[string]string) string {
	return one["eventType"] + " " + one["routeKey"] + " " + one["status"]
}

// moody returns an App with a route for each mood, which accepts clients that come without one.
func moody() *tyg.App {
	app := tyg.New("test")
	app.OnConnect(func(_ context.Context, _ *tyg.Conn, r *tyg.Request) error {
		switch r.Query.Get("mood") {
		case "reject":
			return tyg.Reject(418, "secret")
		case "fail":
			return errors.New("secret")
		}
		return nil
	})
	for mood, err := range map[string]error{
		"fine":   nil,
		"fail":   errors.New("secret"),
		"reject": tyg.Reject(403, "secret"),
		"late":   context.DeadlineExceeded, // of a deadline of its own
	} {
		app.OnRoute(mood, func(context.Context, *tyg.Conn, tyg.Message) error { return err })
	}
	app.OnRoute("panic", func(context.Context, *tyg.Conn, tyg.Message) error { panic("secret") })
	app.OnDisconnect(func(context.Context, *tyg.Conn, tyg.Disconnect) error {
		return errors.New("secret")
	})
	return app
}

// TestAccessLogHasALineForEachEvent lives through a connection with everything that can happen to
// it.
func TestAccessLogHasALineForEachEvent(t *testing.T) {
	var log lineWriter
	r := start(t, &gateway.Server{Handler: moody(), AccessLog: &gateway.AccessLog{Out: &log}})
	w := r.wire(t)
	w.write(t, pipeline(`{"action":"fine"}`, "no route", `{"action":"fail"}`, `{"action":"panic"}`,
		`{"action":"reject"}`, `{"action":"late"}`)+string(clientFrame(ws.OpClose, true, "\x0f\xa1bye")))
	w.read()
	until(t, "the connection is over", func() bool { return r.Stats().Connections == 0 })

	got := log.records(t, r)
	want := []string{
		"CONNECT $connect 200", "MESSAGE fine 200", "MESSAGE - 403", "MESSAGE fail 502",
		"MESSAGE panic 502", "MESSAGE reject 502", "MESSAGE late 502", "DISCONNECT $disconnect 502",
	}
	if len(got) != len(want) {
		t.Fatalf("%d lines, want %d: %q", len(got), len(want), log.writes)
	}
	requests := make(map[string]bool)
	for i, one := range got {
		if summary(one) != want[i] {
			t.Errorf("line %d: %s, want %s", i, summary(one), want[i])
		}
		at, err := time.Parse("02/Jan/2006:15:04:05 -0700", one["requestTime"])
		if err != nil || time.Since(at).Abs() > time.Minute {
			t.Errorf("line %d: requestTime %s", i, one["requestTime"])
		}
		if _, err := strconv.Atoi(one["latency"]); err != nil || one["ip"] != "127.0.0.1" {
			t.Errorf("line %d: latency %s, ip %s", i, one["latency"], one["ip"])
		}
		if len(one["connectionId"]) != 16 || one["connectionId"] != got[0]["connectionId"] {
			t.Errorf("line %d: connectionId %s", i, one["connectionId"])
		}
		requests[one["requestId"]] = true
	}
	if len(requests) != len(want) || strings.Contains(fmt.Sprint(log.writes), "secret") {
		t.Errorf("lines %q", log.writes)
	}
}

// TestAccessLogHasALineForEachRefusal refuses handshakes for all kinds of reasons.
func TestAccessLogHasALineForEachRefusal(t *testing.T) {
	tests := []struct {
		name    string
		request func(r *rig) string
		status  int
		message string
	}{
		{"no handshake", func(r *rig) string {
			return strings.Replace(r.handshake(), "dGhlIHNhbXBsZSBub25jZQ==", "x", 1)
		}, 400, "-"},
		{"origin", func(r *rig) string {
			return r.handshake("Origin: http://evil.net")
		}, 403, "Forbidden"},
		{"stage", func(r *rig) string {
			return strings.Replace(r.handshake(), "/api", "/x", 1)
		}, 403, "Forbidden"},
		{"authorizer", func(r *rig) string {
			return r.handshake("X-Authorize: no")
		}, 401, "Unauthorized"},
		{"authorizer fails", func(r *rig) string { return r.handshake("X-Authorize: fail") }, 500, "-"},
		{"rejected", func(r *rig) string {
			return strings.Replace(r.handshake(), "/api/", "/api/?mood=reject", 1)
		}, 418, "-"},
		{"failed", func(r *rig) string {
			return strings.Replace(r.handshake(), "/api/", "/api/?mood=fail", 1)
		}, 502, "Internal server error"},
	}
	app := moody()
	app.OnAuthorize(func(_ context.Context, r *tyg.Request) (tyg.Identity, error) {
		switch r.Header.Get("X-Authorize") {
		case "no":
			return ann, tyg.ErrUnauthorized
		case "fail":
			return ann, errors.New("secret")
		}
		return ann, nil
	})
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var log lineWriter
			r := start(t, &gateway.Server{Handler: app, AccessLog: &gateway.AccessLog{
				Out: &log,
				Format: `{"requestId":"$context.requestId","eventType":"$context.eventType",` +
					`"routeKey":"$context.routeKey","status":"$context.status",` +
					`"message":"$context.error.message"}`,
			}})
			res, _ := r.ask(t, tt.request(r))
			got := log.records(t, r)
			if len(got) != 1 {
				t.Fatalf("lines %q, want one", log.writes)
			}
			one := got[0]
			if summary(one) != fmt.Sprint("CONNECT $connect ", tt.status) || res.StatusCode != tt.status {
				t.Errorf("%s, answered with %d, want %d", summary(one), res.StatusCode, tt.status)
			}
			if tt.message != "-" && one["message"] != tt.message {
				t.Errorf("error message %q, want %q", one["message"], tt.message)
			}
			if id := res.Header.Get("X-Amzn-Requestid"); id == "" || one["requestId"] != id {
				t.Errorf("request id %q, the client's %q", one["requestId"], id)
			}
			if strings.Contains(log.writes[0], "secret") {
				t.Errorf("line %s", log.writes[0])
			}
		})
	}
}

// TestAccessLogShowsTimeouts has handlers that take longer than they may.
func TestAccessLogShowsTimeouts(t *testing.T) {
	const format = `{"id":"$context.requestId","eventType":"$context.eventType",` +
		`"routeKey":"$context.routeKey","status":"$context.status","latency":` +
		`"$context.integrationLatency","message":"$context.error.message"}`
	long := func(context.Context) error { time.Sleep(30 * time.Second); return nil }
	tests := map[string]func(t *testing.T, r *rig){
		"MESSAGE $default 504": func(t *testing.T, r *rig) {
			w := r.wire(t)
			w.read()
			w.write(t, pipeline("slow"))
			time.Sleep(time.Minute)
		},
		"CONNECT $connect 504": func(t *testing.T, r *rig) {
			if res, _ := r.ask(t, r.handshake()); res.StatusCode != http.StatusGatewayTimeout {
				t.Errorf("status %d", res.StatusCode)
			}
		},
	}
	for want, act := range tests {
		t.Run(want, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var log lineWriter
				h := slow(make(chan tyg.Event, 3), long)
				if strings.HasPrefix(want, "CONNECT") {
					app := tyg.New("test")
					app.OnConnect(func(ctx context.Context, _ *tyg.Conn, _ *tyg.Request) error {
						return long(ctx)
					})
					h = app
				}
				r := startPipes(t, &gateway.Server{
					Handler: h, AccessLog: &gateway.AccessLog{Out: &log, Format: format},
				}, nil)
				act(t, r)
				var found int
				for _, one := range log.records(t, r) {
					if summary(one) != want {
						continue
					}
					found++
					if one["latency"] != "30000" || one["message"] != "Endpoint request timed out" {
						t.Errorf("latency %s, message %q", one["latency"], one["message"])
					}
				}
				if found != 1 {
					t.Errorf("lines %q, want one with %s", log.writes, want)
				}
			})
		})
	}
}
