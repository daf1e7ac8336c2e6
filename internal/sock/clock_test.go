package sock_test

import (
	"errors"
	"io"
	"os"
	"testing"
	"time"

	"github.com/tyg-dev/tyg/internal/clocktest"
)

// TestDeadlineIgnoresClockStep sets the machine's clock before a deadline.
func TestDeadlineIgnoresClockStep(t *testing.T) {
	tests := map[string]struct {
		after   time.Duration
		seconds int // by which the machine's clock is set
		want    error
	}{
		"not passed": {time.Hour, -8000, io.EOF},
		"passed":     {-time.Second, 8000, os.ErrDeadlineExceeded},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			onEachKind(t, func(t *testing.T, p pair) {
				done := p.collecting()
				at := clocktest.Step(t, time.Now().Add(tt.after), tt.seconds)
				if err := p.SetReadDeadline(at); err != nil {
					t.Fatal(err)
				}
				if tt.want == io.EOF {
					_ = p.peer.Close()
				}
				if c := wait(t, done); !errors.Is(c.err(), tt.want) {
					t.Errorf("ended with %v, want %v", c.err(), tt.want)
				}
			})
		})
	}
}
