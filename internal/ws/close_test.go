package ws_test

import (
	"strings"
	"testing"

	"github.com/tyg-dev/tyg/internal/ws"
)

func TestValidCloseCode(t *testing.T) {
	for _, test := range []struct {
		from, to int
		want     bool
	}{
		{-1, 999, false},
		{1000, 1003, true},
		{1004, 1006, false},
		{1007, 1014, true},
		{1015, 2999, false},
		{3000, 4999, true},
		{5000, 70000, false},
	} {
		for code := test.from; code <= test.to; code++ {
			if got := ws.ValidCloseCode(code); got != test.want {
				t.Errorf("%d: got %v, want %v", code, got, test.want)
			}
		}
	}
}

func TestParseClose(t *testing.T) {
	for _, test := range []struct {
		payload string
		code    int
		reason  string
		refused int
	}{
		{"", ws.CloseNoStatus, "", 0},
		{"\x03", 0, "", ws.CloseProtocolError},
		{"\x03\xe8", ws.CloseNormal, "", 0},
		{"\x03\xe8bye", ws.CloseNormal, "bye", 0},
		{"\x0f\xa0κόσμε", 4000, "κόσμε", 0},
		{
			"\x03\xf4" + strings.Repeat("x", 123), ws.CloseServiceRestart, strings.Repeat("x", 123),
			0,
		},
		{"\x03\xed", 0, "", ws.CloseProtocolError},
		{"\x00\x00", 0, "", ws.CloseProtocolError},
		{"\xff\xff", 0, "", ws.CloseProtocolError},
		{"\x03\xe8\xff", 0, "", ws.CloseInvalidPayload},
		{"\x03\xe8\xed\xa0\x80", 0, "", ws.CloseInvalidPayload},
	} {
		code, reason, err := ws.ParseClose([]byte(test.payload))
		if code != test.code || reason != test.reason || closeCode(err) != test.refused {
			t.Errorf("%x: got %d, %q, %v; want %d, %q, refused %d",
				test.payload, code, reason, err, test.code, test.reason, test.refused)
		}
	}
}

func TestAppendClose(t *testing.T) {
	x := func(n int) string { return strings.Repeat("x", n) }
	for _, test := range []struct {
		name   string
		code   int
		reason string
		want   string
	}{
		{"code only", ws.CloseNormal, "", "\x88\x02\x03\xe8"},
		{"with reason", ws.CloseGoingAway, "bye", "\x88\x05\x03\xe9bye"},
		{"no status", ws.CloseNoStatus, "lost", "\x88\x00"},
		{"abnormal", ws.CloseAbnormal, "", "\x88\x00"},
		{"TLS", ws.CloseTLSHandshake, "", "\x88\x00"},
		{"no code at all", 0, "", "\x88\x00"},
		{"longest reason", 4999, x(123), "\x88\x7d\x13\x87" + x(123)},
		{"a byte too long", 4999, x(124), "\x88\x7d\x13\x87" + x(123)},
		{"cut before a character", 3000, x(122) + "é", "\x88\x7c\x0b\xb8" + x(122)},
		{"cut inside 4 bytes", 3000, x(120) + "😀", "\x88\x7a\x0b\xb8" + x(120)},
		{"ends with a character", 3000, x(119) + "😀😀", "\x88\x7d\x0b\xb8" + x(119) + "😀"},
		{"not UTF-8", 3000, "a\xffb", "\x88\x04\x0b\xb8ab"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := ws.AppendClose([]byte("before"), test.code, test.reason)
			if string(got) != "before"+test.want {
				t.Errorf("got %q, want %q behind before", got, test.want)
			}
		})
	}
}

func TestCloseErrorNamesItsCode(t *testing.T) {
	for _, test := range []struct {
		err  ws.CloseError
		want string
	}{
		{ws.CloseError{Code: 1002, Reason: "x"}, "websocket closed with 1002 (protocol error): x"},
		{ws.CloseError{Code: 1009}, "websocket closed with 1009 (message too big)"},
		{ws.CloseError{Code: 1004}, "websocket closed with 1004"},
		{ws.CloseError{Code: 4000, Reason: "x"}, "websocket closed with 4000: x"},
		{ws.CloseError{Code: 1015}, "websocket closed with 1015 (TLS handshake)"},
		{ws.CloseError{}, "websocket closed with 0"},
	} {
		if got := test.err.Error(); got != test.want {
			t.Errorf("got %q, want %q", got, test.want)
		}
	}
}
