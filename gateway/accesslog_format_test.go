package gateway_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/gateway"
	"github.com/tyg-dev/tyg/internal/ws"
	"github.com/tyg-dev/tyg/internal/wsclient"
)

// TestAccessLogFillsVariables gives each variable, and some names that are none, a field of its
// own.
func TestAccessLogFillsVariables(t *testing.T) {
	events := make(chan tyg.Event, 3)
	names := []string{
		"requestId", "extendedRequestId", "requestTimeEpoch", "eventType", "routeKey", "messageDirection",
		"messageId", "connectionId", "connectedAt", "stage", "apiId", "domainName", "identity.sourceIp",
		"identity.userAgent", "status", "error.message", "disconnectStatusCode", "disconnectReason",
		"authorizer.principalId", "authorizer.level", "authorizer.admin", "authorizer.none",
		"authorizer", "identity", "nosuch", "requestid",
	}
	var log lineWriter
	r := start(t, &gateway.Server{
		Handler: forwardEvents(events), APIID: "api7",
		Description: guarded(forwardEvents(events), &tyg.Authorizer{Func: answers(ann, nil)}),
		AccessLog: &gateway.AccessLog{
			Out: &log, Format: "$context." + strings.Join(names, "|$context."),
		},
	})
	w := r.wire(t, "User-Agent: robot/1")
	w.write(t, pipeline("hi")+string(clientFrame(ws.OpClose, true, "\x0f\xa1bye")))
	var want [][]string
	for range 3 {
		want = append(want, variables(r, next(t, events)))
	}
	if err := r.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	for i, line := range log.writes {
		if got := strings.Split(strings.TrimSuffix(line, "\n"), "|"); !slices.Equal(got, want[i]) {
			t.Errorf("line is\n%q, want\n%q", got, want[i])
		}
	}
	if len(log.writes) != 3 {
		t.Errorf("%d lines, want 3", len(log.writes))
	}
}

// variables are the values for e of what TestAccessLogFillsVariables asks for.
func variables(r *rig, e tyg.Event) []string {
	connected := strconv.FormatInt(e.Conn.ConnectedAt.UnixMilli(), 10)
	message, code, reason := "-", "-", "-"
	switch e.Type {
	case tyg.EventMessage:
		message = e.Message.ID
	case tyg.EventDisconnect:
		code, reason = "4001", "bye"
	}
	return []string{
		e.RequestID, e.RequestID, strconv.FormatInt(e.Time.UnixMilli(), 10), e.Type.String(), e.Route,
		"IN", message, string(e.Conn.ID), connected, "api", "api7", r.host(), "127.0.0.1",
		"robot/1", "200", "-", code, reason, "ann", "7", "true", "-", "-", "-", "-", "-",
	}
}

func TestAccessLogKeepsText(t *testing.T) {
	tests := map[string]string{ // % stands for the route key
		"$context.routeKey":                   "%",
		"<$context.routeKey.>":                "<%.>",
		"$context.routeKey$context.routeKey/": "%%/",
		"$$context.routeKey $contex $ é\t":    "$% $contex $ é\t",
		"$context.routeKey-$context.status":   "-200",
		"$context.routeKey,$context.status":   "%,200",
		"$input.body $context.routeKey":       "$input.body %",
	}
	for format, want := range tests {
		var log lineWriter
		r := start(t, &gateway.Server{Handler: echo(), AccessLog: &gateway.AccessLog{
			Out: &log, Format: format + "|$context.extendedRequestId",
		}})
		_ = r.wire(t).Close()
		if err := r.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		want = strings.ReplaceAll(want, "%", "$connect")
		got, id, _ := strings.Cut(log.writes[0], "|")
		if got != want || len(id) != 17 {
			t.Errorf("format %q: line %q, want %q and an id", format, log.writes[0], want)
		}
	}
}

func TestBadAccessLogIsRefusedAtStart(t *testing.T) {
	id := "$context.requestId"
	filled := func(n int) string { return id + strings.Repeat(" ", n-len(id)) }
	tests := []struct {
		name string
		log  gateway.AccessLog
		want string // in the error; empty: none
	}{
		{"default", gateway.AccessLog{Out: new(lineWriter)}, ""},
		{"only the id", gateway.AccessLog{Out: new(lineWriter), Format: id}, ""},
		{
			"extended id", gateway.AccessLog{Out: new(lineWriter), Format: "$context.extendedRequestId"}, "",
		},
		{"longest", gateway.AccessLog{Out: new(lineWriter), Format: filled(3 << 10)}, ""},
		{"too long", gateway.AccessLog{Out: new(lineWriter), Format: filled(3<<10 + 1)}, "3073 bytes"},
		{"nowhere to write", gateway.AccessLog{}, "AccessLog.Out is nil"},
		{
			"no id",
			gateway.AccessLog{Out: new(lineWriter), Format: "$context.status"},
			"$context.requestId",
		},
		{"longer name", gateway.AccessLog{Out: new(lineWriter), Format: id + "s"}, "$context.requestId"},
		{"only text", gateway.AccessLog{Out: new(lineWriter), Format: "requestId"}, "$context.requestId"},
	}
	for _, tt := range tests {
		err := (&gateway.Server{Handler: echo(), AccessLog: &tt.log}).Start()
		switch {
		case tt.want == "" && err != nil:
			t.Errorf("%s: %v", tt.name, err)
		case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)):
			t.Errorf("%s: %v, want %q in it", tt.name, err, tt.want)
		}
	}
}

// TestAccessLogEscapesValues lets clients write what ends a string or a line.
func TestAccessLogEscapesValues(t *testing.T) {
	const format = `{"requestId":"$context.requestId","agent":"$context.identity.userAgent",` +
		`"name":"$context.authorizer.name","reason":"$context.disconnectReason"}`
	const breaks = "\r\n\x00\x1b\x7f\u0085\u2028\u2029\u202e\u2066"
	for _, evil := range []string{
		`","status":"200`, `back\`, `\" both`, "tab\there", "\u00e9 \u4e16 \U0001f600",
	} {
		var log lineWriter
		r := start(t, &gateway.Server{
			Handler: moody(), AccessLog: &gateway.AccessLog{Out: &log, Format: format},
			Description: guarded(moody(), &tyg.Authorizer{Func: answers(tyg.Identity{
				Principal: "ann", Context: map[string]any{"name": evil + breaks},
			}, nil)}),
		})
		c, err := r.try(&wsclient.Options{Header: http.Header{"User-Agent": {evil}}})
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Close(4000, evil+"\n"); err != nil {
			t.Error(err)
		}
		got := log.records(t, r)
		if len(got) != 2 {
			t.Fatalf("lines %q, want two", log.writes)
		}
		for _, one := range got {
			if one["agent"] != evil || one["name"] != evil+breaks || len(one) != 4 {
				t.Errorf("evil %q became %q", evil, one)
			}
		}
		if got[0]["reason"] != "-" || got[1]["reason"] != evil+"\n" {
			t.Errorf("evil %q became %q", evil, got)
		}
		if strings.ContainsAny(strings.TrimSuffix(log.writes[1], "\n"), breaks) {
			t.Errorf("line %q", log.writes[1])
		}
	}
}

func TestAccessLogReplacesInvalidUTF8(t *testing.T) {
	var log lineWriter
	r := start(t, &gateway.Server{Handler: echo(), AccessLog: &gateway.AccessLog{
		Out: &log, Format: `{"id":"$context.requestId","agent":"$context.identity.userAgent"}`,
	}})
	_ = r.wire(t, "User-Agent: a\xff\xfe\"b").Close()
	if err := r.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	if !json.Valid([]byte(log.writes[0])) || !strings.Contains(log.writes[0], "a\ufffd\ufffd\\\"b") {
		t.Errorf("line %q", log.writes[0])
	}
}
