package apigw_test

import (
	"encoding/json"
	"math"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/apigw"
)

func golden(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// wantJSON compares two JSON texts by meaning: same keys, same values, whatever the order.
func wantJSON(t *testing.T, got, want []byte) {
	t.Helper()
	var g, w any
	if err := json.Unmarshal(got, &g); err != nil {
		t.Fatalf("not JSON: %v\n%s", err, got)
	}
	if err := json.Unmarshal(want, &w); err != nil {
		t.Fatalf("golden: %v", err)
	}
	if !reflect.DeepEqual(g, w) {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func message() tyg.Event {
	at := time.UnixMilli(1705751697419)
	return tyg.Event{
		Type:      tyg.EventMessage,
		Route:     tyg.RouteDefault,
		RequestID: "R1knPH17NjMFftw=",
		Time:      at.Add(3 * time.Second),
		Message:   tyg.Message{ID: "R1knPc2ntjMCFIA=", Data: []byte(`{"action":"join","room":"go"}`)},
		Conn: &tyg.Conn{
			ID:          "R1kmxc2VNjMCFIA=",
			ConnectedAt: at,
			SourceIP:    "192.0.2.1",
			UserAgent:   "test",
			Domain:      "localhost:8080",
			Stage:       "api",
			APIID:       "local",
		},
	}
}

func connect() tyg.Event {
	e := message()
	e.Type, e.Route, e.Message = tyg.EventConnect, tyg.RouteConnect, tyg.Message{}
	e.Request = &tyg.Request{
		Host: "localhost:8080",
		Header: http.Header{
			"Connection": {"keep-alive, Upgrade"}, "Upgrade": {"websocket"},
			"Sec-Websocket-Version": {"13"}, "X-Empty": {},
		},
		Query: url.Values{},
	}
	return e
}

func TestEventRoundTrip(t *testing.T) {
	names := []string{
		"connect.json", "connect-bare.json", "connect-authorizer.json",
		"message.json", "message-authorizer.json", "message-binary.json",
		"disconnect.json", "disconnect-empty.json",
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			want := golden(t, name)
			e, err := apigw.UnmarshalEvent(want, nil)
			if err != nil {
				t.Fatal(err)
			}
			got, err := apigw.MarshalEvent(e)
			if err != nil {
				t.Fatal(err)
			}
			wantJSON(t, got, want)
		})
	}
}

func TestUnmarshalConnect(t *testing.T) {
	e, err := apigw.UnmarshalEvent(golden(t, "connect-authorizer.json"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if e.Type != tyg.EventConnect || e.Route != "$connect" || e.RequestID != "R1kmxF2VNjMFbRw=" {
		t.Errorf("event is %v %s %s", e.Type, e.Route, e.RequestID)
	}
	if want := time.UnixMilli(1705751697420).UTC(); e.Time != want {
		t.Errorf("time %v, want %v", e.Time, want)
	}
	r := e.Request
	if r.Host != "abcd1234.execute-api.us-east-1.amazonaws.com" || r.SourceIP != "192.0.2.1" {
		t.Errorf("host %q, source %q", r.Host, r.SourceIP)
	}
	if got := r.Header.Get("Sec-WebSocket-Key"); got != "dGhlIHNhbXBsZSBub25jZQ==" {
		t.Errorf("key %q", got)
	}
	if got, want := r.Header["Cookie"], []string{"a=1", "b=2"}; !reflect.DeepEqual(got, want) {
		t.Errorf("cookies %q, want %q", got, want)
	}
	protocols := []string{"chat.v2", "other", "chat.v1"}
	if !reflect.DeepEqual(r.Subprotocols, protocols) {
		t.Errorf("subprotocols %q, want %q", r.Subprotocols, protocols)
	}
	if got, want := r.Query["room"], []string{"a", "b"}; !reflect.DeepEqual(got, want) {
		t.Errorf("rooms %q, want %q", got, want)
	}
	id := tyg.Identity{Principal: "ann", Context: map[string]any{
		"integrationLatency": 42.0, "admin": true, "score": 1.5,
	}}
	if !reflect.DeepEqual(e.Conn.Identity, id) {
		t.Errorf("identity %v, want %v", e.Conn.Identity, id)
	}
}

func TestUnmarshalMessage(t *testing.T) {
	sender := tyg.New("test").Sender()
	e, err := apigw.UnmarshalEvent(golden(t, "message.json"), sender)
	if err != nil {
		t.Fatal(err)
	}
	want := tyg.Event{
		Type:      tyg.EventMessage,
		Route:     "$default",
		RequestID: "R1knPH17NjMFftw=",
		Time:      time.UnixMilli(1705751700453).UTC(),
		Message:   tyg.Message{ID: "R1knPc2ntjMCFIA=", Data: []byte("{\r\n\t\"a\": 1\r\n}")},
		Conn: &tyg.Conn{
			ID:          "R1kmxc2VNjMCFIA=",
			Sender:      sender,
			ConnectedAt: time.UnixMilli(1705751697419).UTC(),
			SourceIP:    "192.0.2.1",
			UserAgent:   "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36",
			Domain:      "abcd1234.execute-api.us-east-1.amazonaws.com",
			Stage:       "prod",
			APIID:       "abcd1234",
		},
	}
	if !reflect.DeepEqual(e, want) {
		t.Errorf("got  %+v %+v\nwant %+v %+v", e, e.Conn, want, want.Conn)
	}
}

func TestUnmarshalOldCapture(t *testing.T) {
	e, err := apigw.UnmarshalEvent(golden(t, "old-message.json"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if e.Conn.ID != "0a1b2c3d-4e5f-6789-abcd-ef0123456789" || e.Message.Text() != "hi" {
		t.Errorf("connection %s sent %q", e.Conn.ID, e.Message.Text())
	}
	id := e.Conn.Identity
	if id.Principal != "" || id.Context != nil || e.Conn.UserAgent != "" || e.Message.ID != "" {
		t.Errorf("null became %v, %q, %q", id, e.Conn.UserAgent, e.Message.ID)
	}
	got, err := apigw.MarshalEvent(e)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(got), "null") || strings.Contains(string(got), "messageId") {
		t.Errorf("absent values are written: %s", got)
	}
}

func TestUnmarshalSingleValues(t *testing.T) {
	data := `{"headers":{"host":"h","COOKIE":"a=1"},"queryStringParameters":{"q":"1"},` +
		`"requestContext":{"connectionId":"c","extendedRequestId":"r","routeKey":"$connect",` +
		`"eventType":"CONNECT","domainName":"d"}}`
	e, err := apigw.UnmarshalEvent([]byte(data), nil)
	if err != nil {
		t.Fatal(err)
	}
	if e.Request.Host != "h" || e.RequestID != "r" {
		t.Errorf("host %q, request %q", e.Request.Host, e.RequestID)
	}
	if want := (http.Header{"Cookie": {"a=1"}}); !reflect.DeepEqual(e.Request.Header, want) {
		t.Errorf("headers %v, want %v", e.Request.Header, want)
	}
	if want := (url.Values{"q": {"1"}}); !reflect.DeepEqual(e.Request.Query, want) {
		t.Errorf("query %v, want %v", e.Request.Query, want)
	}
}

func TestUnmarshalDisconnectWithoutCode(t *testing.T) {
	data := `{"requestContext":{"connectionId":"c","requestId":"r","routeKey":"$disconnect",` +
		`"eventType":"DISCONNECT"}}`
	e, err := apigw.UnmarshalEvent([]byte(data), nil)
	if err != nil {
		t.Fatal(err)
	}
	if e.Disconnect.Code != 1005 {
		t.Errorf("code %d, want 1005", e.Disconnect.Code)
	}
}

func TestUnmarshalEventRefuses(t *testing.T) {
	const rest = `"connectionId":"c","requestId":"r","routeKey":"$default"`
	tests := []struct{ name, data, want string }{
		{"not JSON", `{`, "unexpected end"},
		{"no object", `[]`, "cannot unmarshal array"},
		{"null", `null`, "requestContext is missing"},
		{"an HTTP event", `{"httpMethod":"GET","body":null}`, "requestContext is missing"},
		{"no connection", `{"requestContext":{}}`, "requestContext.connectionId is missing"},
		{
			"no request", `{"requestContext":{"connectionId":"c"}}`,
			"requestContext.requestId is missing",
		},
		{
			"no route", `{"requestContext":{"connectionId":"c","requestId":"r"}}`,
			"requestContext.routeKey is missing",
		},
		{"no type", `{"requestContext":{` + rest + `}}`, "requestContext.eventType is missing"},
		{
			"unknown type", `{"requestContext":{` + rest + `,"eventType":"PING"}}`,
			`eventType is "PING"`,
		},
		{
			"body is no string", `{"body":{},"requestContext":{` + rest + `,"eventType":"MESSAGE"}}`,
			"body",
		},
		{
			"body is not base64",
			`{"body":"?","isBase64Encoded":true,"requestContext":{` + rest + `,"eventType":"MESSAGE"}}`,
			"decode event r: decode base64 body",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := apigw.UnmarshalEvent([]byte(tt.data), nil)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want one with %q", err, tt.want)
			}
		})
	}
}

func TestMarshalConnectHidesUpgrade(t *testing.T) {
	data, err := apigw.MarshalEvent(connect())
	if err != nil {
		t.Fatal(err)
	}
	want := `"headers":{"Host":"localhost:8080","Sec-WebSocket-Version":"13"},` +
		`"multiValueHeaders":{"Host":["localhost:8080"],"Sec-WebSocket-Version":["13"]},` +
		`"requestContext"`
	if !strings.Contains(string(data), want) {
		t.Errorf("got %s, want it with %s", data, want)
	}
}

// TestConnectKeepsNamesOfHeaders checks names that Go's canonical form respells, in both
// directions.
func TestConnectKeepsNamesOfHeaders(t *testing.T) {
	e := connect()
	e.Request.Header = http.Header{
		"X-Api-Key": {"k"}, "X-Github-Event": {"p", "q"}, "Dnt": {"1"}, "X_under_score": {"1"},
		"Sec-Websocket-Key": {"a"}, "Sec-Websocket-Version": {"13"}, "X-Added": {"1"},
		"Connection": {"Upgrade"}, "Upgrade": {"websocket"},
	}
	e.Request.HeaderNames = []string{
		"x-api-key", "X-GitHub-Event", "X-GITHUB-EVENT", "DNT", "X_Under_Score", "sec-websocket-key",
		"connection", "UPGRADE", "X-Removed",
	}
	data, err := apigw.MarshalEvent(e)
	if err != nil {
		t.Fatal(err)
	}
	want := `"headers":{"DNT":"1","Host":"localhost:8080","Sec-WebSocket-Version":"13",` +
		`"X-Added":"1","X-GitHub-Event":"q","X_Under_Score":"1","sec-websocket-key":"a",` +
		`"x-api-key":"k"},"multiValueHeaders":{`
	if !strings.Contains(string(data), want) {
		t.Errorf("got %s, want it with %s", data, want)
	}
	again, err := apigw.UnmarshalEvent(data, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := again.Request.Header.Get("X-API-KEY"); got != "k" {
		t.Errorf("Header.Get returns %q, want k", got)
	}
	if twice, err := apigw.MarshalEvent(again); err != nil || string(twice) != string(data) {
		t.Errorf("%v, there and back it became %s, want %s", err, twice, data)
	}
}

func TestAppendEvent(t *testing.T) {
	e := message()
	e.Conn.StageVariables = map[string]string{"b": "2", "a": "1"}
	data, err := apigw.AppendEvent([]byte("before"), e)
	if err != nil {
		t.Fatal(err)
	}
	want := `before{"stageVariables":{"a":"1","b":"2"},"requestContext":{`
	if !strings.HasPrefix(string(data), want) {
		t.Errorf("got %s, want it to begin with %s", data, want)
	}
}

func TestMarshalTimeInUTC(t *testing.T) {
	e := message()
	e.Time = time.Date(2024, 2, 19, 9, 11, 42, 0, time.FixedZone("CEST", 2*60*60))
	data, err := apigw.MarshalEvent(e)
	if err != nil {
		t.Fatal(err)
	}
	if want := `"requestTime":"19/Feb/2024:07:11:42 +0000"`; !strings.Contains(string(data), want) {
		t.Errorf("got %s, want it with %s", data, want)
	}
}

func TestMarshalIdentity(t *testing.T) {
	e := message()
	e.Conn.Identity.Context = map[string]any{
		"a": "x", "b": false, "c": 7, "d": int64(8), "e": 1705751697419.0, "f": 0.5, "g": 1e300,
	}
	data, err := apigw.MarshalEvent(e)
	if err != nil {
		t.Fatal(err)
	}
	want := `"authorizer":{"a":"x","b":false,"c":7,"d":8,"e":1705751697419,"f":0.5,"g":1e+300}}`
	if !strings.Contains(string(data), want) {
		t.Errorf("got %s, want it with %s", data, want)
	}
}

func TestAppendEventRefuses(t *testing.T) {
	tests := []struct {
		name   string
		change func(*tyg.Event)
		want   string
	}{
		{"no type", func(e *tyg.Event) { e.Type = 0 }, "unknown type 0"},
		{"unknown type", func(e *tyg.Event) { e.Type = 5 }, "unknown type 5"},
		{"open", func(e *tyg.Event) { e.Type = tyg.EventOpen }, "no OPEN event"},
		{"no connection", func(e *tyg.Event) { e.Conn = nil }, "MESSAGE event: Conn is nil"},
		{
			"no request", func(e *tyg.Event) { e.Type = tyg.EventConnect },
			"CONNECT event: Request is nil",
		},
		{
			"list from authorizer",
			func(e *tyg.Event) { e.Conn.Identity.Context = map[string]any{"k": []string{}} },
			`authorizer value "k": []string is neither`,
		},
		{
			"no number from authorizer",
			func(e *tyg.Event) { e.Conn.Identity.Context = map[string]any{"k": math.NaN()} },
			`authorizer value "k": NaN is not`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e := message()
			tt.change(&e)
			data, err := apigw.AppendEvent([]byte("dst"), e)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want one with %q", err, tt.want)
			}
			if string(data) != "dst" {
				t.Errorf("dst became %q", data)
			}
		})
	}
}

func FuzzUnmarshalEvent(f *testing.F) {
	names, err := filepath.Glob("testdata/*.json")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range names {
		f.Add(golden(f, filepath.Base(name)))
	}
	for _, data := range plainEvents(f) {
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		sameAsJSON(t, data)
		e, err := apigw.UnmarshalEvent(data, nil)
		if err != nil {
			return
		}
		if e.Request != nil { // events do not tell the headers of the upgrade
			e.Request.Header.Del("Connection")
			e.Request.Header.Del("Upgrade")
			e.Request.HeaderNames = slices.DeleteFunc(e.Request.HeaderNames, func(name string) bool {
				return e.Request.Header.Values(name) == nil
			})
			if len(e.Request.HeaderNames) == 0 {
				e.Request.HeaderNames = nil
			}
		}
		again, err := apigw.MarshalEvent(e)
		if err != nil {
			t.Fatalf("accepted, but %v", err)
		}
		if !json.Valid(again) {
			t.Fatalf("not JSON: %s", again)
		}
		e2, err := apigw.UnmarshalEvent(again, nil)
		if err != nil {
			t.Fatalf("own event: %v\n%s", err, again)
		}
		if !reflect.DeepEqual(e, e2) {
			t.Errorf("changed on the way:\n%+v %+v %+v\n%+v %+v %+v\n%s",
				e, e.Conn, e.Request, e2, e2.Conn, e2.Request, again)
		}
	})
}

func BenchmarkMarshalEvent(b *testing.B) {
	e := message()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := apigw.MarshalEvent(e); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkUnmarshalEvent(b *testing.B) {
	data := golden(b, "message.json")
	b.ReportAllocs()
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if _, err := apigw.UnmarshalEvent(data, nil); err != nil {
			b.Fatal(err)
		}
	}
}
