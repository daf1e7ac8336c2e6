package apigw_test

import (
	"encoding/json"
	"testing"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/apigw"
)

func TestAppendErrorFrame(t *testing.T) {
	got := apigw.AppendErrorFrame([]byte(">"), apigw.InternalServerError,
		"Qyi07eCbtjMCJKw=", "Qyi3UG41tjMFlUg=")
	want := `>{"message": "Internal server error", "connectionId":"Qyi07eCbtjMCJKw=", ` +
		`"requestId":"Qyi3UG41tjMFlUg="}`
	if string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestAppendErrorFrameEscapes(t *testing.T) {
	tests := []struct{ in, want string }{
		{"plain <&> é 世界 🙂", "plain <&> é 世界 🙂"},
		{"q\"b\\n\nr\rt\tz\x00\x1f\x7f", "q\"b\\n\nr\rt\tz\x00\x1f\x7f"},
		{"bad \xff\xc3( \xed\xa0\x80", "bad \uFFFD( \uFFFD"},
		{"cut \xf0\x9f", "cut \uFFFD"},
		{"real \uFFFD", "real \uFFFD"},
	}
	for _, tt := range tests {
		frame := apigw.AppendErrorFrame(nil, tt.in, tyg.ConnID(tt.in), tt.in)
		var got struct{ Message, ConnectionID, RequestID string }
		if err := json.Unmarshal(frame, &got); err != nil {
			t.Fatalf("%q: %v", frame, err)
		}
		if got.Message != tt.want || got.ConnectionID != tt.want || got.RequestID != tt.want {
			t.Errorf("%q: got %q, want %q everywhere", tt.in, got, tt.want)
		}
	}
}
