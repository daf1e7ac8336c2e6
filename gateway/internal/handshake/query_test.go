package handshake_test

import (
	"net/url"
	"reflect"
	"testing"

	"github.com/tyg-dev/tyg/gateway/internal/handshake"
)

func TestParseQuery(t *testing.T) {
	tests := map[string]url.Values{
		"":                   {},
		"&&":                 {},
		"a=1&b=2&a=3":        {"a": {"1", "3"}, "b": {"2"}},
		"token=a;b&x=1":      {"token": {"a;b"}, "x": {"1"}},
		"token=100%":         {"token": {"100%"}},
		"a=%4":               {"a": {"%4"}},
		"a=%zz&b=%%41":       {"a": {"%zz"}, "b": {"%A"}},
		"a=%4+%41":           {"a": {"%4 A"}},
		"a+b=c+d%2B":         {"a b": {"c d+"}},
		"a":                  {"a": {""}},
		"=v":                 {"": {"v"}},
		"=":                  {"": {""}},
		"a==b=":              {"a": {"=b="}},
		"%61%3D=%26":         {"a=": {"&"}},
		"a=%C3%a4&b=ä":       {"a": {"ä"}, "b": {"ä"}},
		"a=%EF%BB%BFx":       {"a": {"\uFEFFx"}},
		"a=%FF%C3x&b=%E2%82": {"a": {"��x"}, "b": {"�"}},
		"a=%F0%9F%98x":       {"a": {"�x"}},
		"a=%ED%A0%80":        {"a": {"���"}},
		"a=%EF%BF%BD":        {"a": {"�"}},
		"a=%C3%A4%C3":        {"a": {"ä�"}},
		"a=%00":              {"a": {"\x00"}},
		"a#b=c?d":            {"a#b": {"c?d"}},
	}
	for raw, want := range tests {
		if got := handshake.ParseQuery(raw); !reflect.DeepEqual(got, want) {
			t.Errorf("%q: got %q, want %q", raw, got, want)
		}
	}
}

// FuzzParseQuery checks that what net/url parses without an error, ParseQuery parses alike.
func FuzzParseQuery(f *testing.F) {
	for _, raw := range []string{"a=1&b=%20+&a", "token=a;b", "x=100%", "a=%FF%E2%82"} {
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		got := handshake.ParseQuery(raw)
		if again := handshake.ParseQuery(got.Encode()); !reflect.DeepEqual(got, again) {
			t.Errorf("%q: %q became %q when it was encoded and parsed again", raw, got, again)
		}
		want, err := url.ParseQuery(raw)
		if err != nil {
			return
		}
		for name, values := range want {
			for i, value := range values {
				want[name][i] = toUTF8(value)
			}
			if valid := toUTF8(name); valid != name {
				return // two names may become one
			}
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%q: got %q, want %q", raw, got, want)
		}
	})
}

// toUTF8 returns s as ParseQuery returns it.
func toUTF8(s string) string {
	return handshake.ParseQuery("=" + url.QueryEscape(s)).Get("")
}
