package recording_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg/internal/inspect/recording"
)

func TestMessageLosesItsSecrets(t *testing.T) {
	tests := []struct{ in, want string }{
		{`hello: "token": x`, ``},
		{``, ``},
		{`{"text":"token: x"}`, ``},
		{`{"a":"\"token\":1"}`, ``},
		{`{"token":"abc"}`, `{"token":"[redacted]"}`},
		{` { "Access-Token" : "abc" , "n": 1.50 } `, ` { "Access-Token" : "[redacted]" , "n": 1.50 } `},
		{`{"tok\u0065n":"abc","x":1}`, `{"tok\u0065n":"[redacted]","x":1}`},
		{
			`{"user":{"password":{"old":"a","new":"b"},"name":"n"}}`,
			`{"user":{"password":"[redacted]","name":"n"}}`,
		},
		{
			`[{"apiKey":1},{"api_key":null},["secret",{"secret":["x"]}]]`,
			`[{"apiKey":"[redacted]"},{"api_key":"[redacted]"},["secret",{"secret":"[redacted]"}]]`,
		},
		{`{"token":"a","token":"b"}`, `{"token":"[redacted]","token":"[redacted]"}`},
		{`{"token":"abc`, `[redacted]`},            // cut
		{`{"token":"abc"} and more`, `[redacted]`}, // no JSON
		{`{"a":[{"token":"x"}`, `[redacted]`},
	}
	r := recording.NewRedactor(recording.DefaultRules())
	for _, tt := range tests {
		want := tt.want
		if want == "" {
			want = tt.in
		}
		if got := string(r.Message([]byte(tt.in))); got != want {
			t.Errorf("%s became\n%s, want\n%s", tt.in, got, want)
		}
	}
}

func TestHandshakeLosesItsSecrets(t *testing.T) {
	r := recording.NewRedactor(recording.Rules{Headers: []string{"x-own"}, Keys: []string{"code"}})
	header := r.Header(map[string][]string{
		"X-OWN": {"a", "b"}, "Authorization": {"stays: no rule"}, "Sec-WebSocket-Key": {"k"},
		"Host": {"h"}, "sec-websocket-protocol": {"chat"},
	})
	want := map[string][]string{
		"X-OWN": {recording.Redacted}, "Authorization": {"stays: no rule"},
		"sec-websocket-protocol": {"chat"},
	}
	if !reflect.DeepEqual(header, want) {
		t.Errorf("the header is %v, want %v", header, want)
	}
	query := r.Query(map[string][]string{"Code": {"1"}, "room": {"x"}})
	if !reflect.DeepEqual(query, map[string][]string{"Code": {recording.Redacted}, "room": {"x"}}) {
		t.Errorf("the query is %v", query)
	}
}

// FuzzMessage has no value of a secret key survive in any JSON.
func FuzzMessage(f *testing.F) {
	f.Add(`{"token":"SECRET","a":[{"b":{"password":"SECRET"}}]}`)
	f.Add(`{"t\u006fken" : {"x":"SECRET"}}`)
	f.Fuzz(func(t *testing.T, in string) {
		out := recording.NewRedactor(recording.DefaultRules()).Message([]byte(in))
		var before, after any
		if json.Unmarshal([]byte(in), &before) != nil {
			return
		}
		if err := json.Unmarshal(out, &after); err != nil {
			t.Fatalf("%q became %q: %v", in, out, err)
		}
		if secretIn(after) {
			t.Errorf("%q became %q", in, out)
		}
	})
}

// secretIn reports whether there is a value other than Redacted under the key token or password.
func secretIn(v any) bool {
	switch v := v.(type) {
	case map[string]any:
		for key, value := range v {
			name := strings.ToLower(key)
			if (name == "token" || name == "password") && value != recording.Redacted {
				return true
			}
			if secretIn(value) {
				return true
			}
		}
	case []any:
		for _, value := range v {
			if secretIn(value) {
				return true
			}
		}
	}
	return false
}
