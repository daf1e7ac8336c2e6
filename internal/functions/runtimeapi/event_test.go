package runtimeapi_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/tyg-dev/tyg/internal/functions/runtimeapi"
)

func TestTraceIDContinuesATrace(t *testing.T) {
	const trace, span = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
	const root = "Root=1-4bf92f35-77b34da6a3ce929d0e0e4736;Parent=00f067aa0ba902b7"
	tests := []struct{ parent, want string }{
		{"00-" + trace + "-" + span + "-01", root + ";Sampled=1;Self="},
		{"00-" + trace + "-" + span + "-00", root + ";Sampled=0;Self="},
		{"00-" + trace + "-" + span + "-0b", root + ";Sampled=1;Self="},
		{"cc-" + trace + "-" + span + "-01-more", root + ";Sampled=1;Self="},
		{"", ""},
		{"00-" + trace + "-" + span + "-01-more", ""},
		{"cc-" + trace + "-" + span + "-01more", ""},
		{"ff-" + trace + "-" + span + "-01", ""},
		{"00-" + strings.ToUpper(trace) + "-" + span + "-01", ""},
		{"00-" + trace + "-0000000000000000-01", ""},
		{"00-" + strings.Repeat("0", 32) + "-" + span + "-01", ""},
		{"00-" + trace + "-" + span + "-0\n", ""},
		{"00_" + trace + "-" + span + "-01", ""},
		{"00-" + trace + "-" + span, ""},
	}
	fresh := regexp.MustCompile(`^Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=0$`)
	self := regexp.MustCompile(`;Self=1-[0-9a-f]{8}-[0-9a-f]{24}$`)
	for _, tt := range tests {
		got := runtimeapi.NewTraceID(time.Now(), tt.parent)
		if tt.want == "" && (!fresh.MatchString(got) || strings.Contains(got, trace[8:])) ||
			!strings.HasPrefix(got, tt.want) || tt.want != "" && !self.MatchString(got) {
			t.Errorf("%q: %q, want %q", tt.parent, got, tt.want)
		}
		if got == runtimeapi.NewTraceID(time.Now(), tt.parent) {
			t.Errorf("%q: two events have the same id", tt.parent)
		}
	}
}
