package ws_test

import (
	"testing"

	"github.com/tyg-dev/tyg/internal/ws"
)

const granted = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"

func TestNegotiate(t *testing.T) {
	for _, test := range []struct {
		name   string
		offers []string
		want   string // the answer; "" for none
	}{
		{"no header", nil, ""},
		{"empty header", []string{""}, ""},
		{"plain", []string{"permessage-deflate"}, granted},
		{"of a browser", []string{"permessage-deflate; client_max_window_bits"}, granted},
		{"client window", []string{"permessage-deflate;client_max_window_bits=10"}, granted},
		{"quoted value", []string{`permessage-deflate; client_max_window_bits="1\0"`}, granted},
		{
			"both contexts",
			[]string{"permessage-deflate; server_no_context_takeover; client_no_context_takeover"},
			granted,
		},
		{
			"server window",
			[]string{"permessage-deflate; server_max_window_bits=12; client_max_window_bits=12"},
			granted + "; server_max_window_bits=12",
		},
		{
			"smallest window",
			[]string{"permessage-deflate; server_max_window_bits=8"},
			granted + "; server_max_window_bits=8",
		},
		{
			"largest window",
			[]string{"permessage-deflate; server_max_window_bits=15"},
			granted + "; server_max_window_bits=15",
		},
		{"much space", []string{" \tpermessage-deflate \t;\tclient_max_window_bits = 9 "}, granted},
		{"other extension", []string{"x-webkit-deflate-frame"}, ""},
		{"other spelling", []string{"Permessage-Deflate"}, ""},
		{"other one first", []string{"foo; a=1; b=\"x\", permessage-deflate"}, granted},
		{"empty elements", []string{", ,permessage-deflate,"}, granted},
		{"two lines", []string{"foo", "permessage-deflate"}, granted},
		{
			"first acceptable wins",
			[]string{"permessage-deflate; server_max_window_bits=9, permessage-deflate"},
			granted + "; server_max_window_bits=9",
		},

		{"unknown parameter", []string{"permessage-deflate; level=9"}, ""},
		{
			"unknown, then better",
			[]string{"permessage-deflate; level=9, permessage-deflate"},
			granted,
		},
		{
			"doubled flag",
			[]string{"permessage-deflate; server_no_context_takeover; server_no_context_takeover"},
			"",
		},
		{
			"doubled flag of the client",
			[]string{"permessage-deflate; client_no_context_takeover; client_no_context_takeover"},
			"",
		},
		{
			"doubled window",
			[]string{"permessage-deflate; server_max_window_bits=9; server_max_window_bits=9"},
			"",
		},
		{
			"doubled client window",
			[]string{"permessage-deflate; client_max_window_bits; client_max_window_bits=9"},
			"",
		},
		{"flag with value", []string{"permessage-deflate; server_no_context_takeover=1"}, ""},
		{"server window without value", []string{"permessage-deflate; server_max_window_bits"}, ""},
		{"window of 7", []string{"permessage-deflate; server_max_window_bits=7"}, ""},
		{"window of 16", []string{"permessage-deflate; client_max_window_bits=16"}, ""},
		{"leading zero", []string{"permessage-deflate; server_max_window_bits=08"}, ""},
		{"sign", []string{"permessage-deflate; server_max_window_bits=+9"}, ""},
		{"not a number", []string{"permessage-deflate; client_max_window_bits=many"}, ""},
		{
			"over all numbers",
			[]string{"permessage-deflate; client_max_window_bits=99999999999999999999"},
			"",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			d, err := ws.Negotiate(test.offers)
			got := ""
			if d != nil {
				got = d.String()
			}
			if err != nil || got != test.want {
				t.Errorf("got %q, %v; want %q", got, err, test.want)
			}
		})
	}
}

func TestNegotiateRefusesSyntaxErrors(t *testing.T) {
	for _, line := range []string{
		"permessage-deflate;",
		"permessage-deflate; ;",
		"permessage-deflate; server_max_window_bits=",
		"permessage-deflate; =9",
		"permessage-deflate=9",
		"permessage-deflate client_max_window_bits",
		"permessage-deflate, ;",
		"permessage/deflate",
		`permessage-deflate; client_max_window_bits="9`,
		`permessage-deflate; client_max_window_bits="9\`,
		`permessage-deflate; client_max_window_bits="9 "`,
		`permessage-deflate; client_max_window_bits=""`,
		`permessage-deflate; client_max_window_bits="9"9`,
		"permessage-deflate; a=\x00",
		"grüße",
	} {
		if d, err := ws.Negotiate([]string{line}); err == nil || d != nil {
			t.Errorf("%q: got %v, %v; want an error", line, d, err)
		}
		if d, err := ws.Negotiate([]string{"permessage-deflate", line}); err == nil || d != nil {
			t.Errorf("%q on the second line: got %v, %v; want an error", line, d, err)
		}
	}
}

func TestFits(t *testing.T) {
	for _, test := range []struct {
		bits, n int
		want    bool
	}{
		{0, 1 << 20, true},
		{15, 1 << 20, true},
		{8, 256, true},
		{8, 257, false},
		{14, 1 << 14, true},
		{14, 1<<14 + 1, false},
	} {
		d := ws.Deflate{ServerMaxWindowBits: test.bits}
		if got := d.Fits(test.n); got != test.want {
			t.Errorf("%d bytes in %d bits: got %v, want %v", test.n, test.bits, got, test.want)
		}
	}
}
