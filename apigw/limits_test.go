package apigw_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/tyg-dev/tyg/apigw"
)

// The rows are those of AWS's table of quotas, with the values as it writes them.
func TestLimitsAreThoseOfTheDocumentation(t *testing.T) {
	kb := func(bytes int) string { return fmt.Sprintf("%d KB", bytes/1024) }
	in := func(d, unit time.Duration, name string) string { return fmt.Sprintf("%d %s", d/unit, name) }
	for _, tt := range []struct{ row, got, want string }{
		{"AWS Lambda authorizer result size", kb(apigw.MaxAuthorizerResult), "8 KB"},
		{"Integration timeout", in(apigw.IntegrationTimeout, time.Second, "seconds"), "29 seconds"},
		{"WebSocket frame size", kb(apigw.MaxFrame), "32 KB"},
		{"Message payload size", kb(apigw.MaxMessage), "128 KB"},
		{"Connection duration", in(apigw.MaxConnectionDuration, time.Hour, "hours"), "2 hours"},
		{"Idle Connection Timeout", in(apigw.IdleTimeout, time.Minute, "minutes"), "10 minutes"},
		{"Length of the URL", fmt.Sprint(apigw.MaxURL), "4096"},
	} {
		if tt.got != tt.want {
			t.Errorf("%s is %s, want %s", tt.row, tt.got, tt.want)
		}
	}
}
