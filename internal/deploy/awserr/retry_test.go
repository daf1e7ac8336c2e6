package awserr

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

// refusedDial is the error of a connection to a port on which nothing listens.
func refusedDial() error {
	return &net.OpError{
		Op: "dial", Net: "tcp", Addr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1},
		Err: os.NewSyscallError("connect", syscall.ECONNREFUSED),
	}
}

func TestRetryerGivesUpInSecondsWithoutAServer(t *testing.T) {
	for name, cause := range map[string]error{
		"refused":   refusedDial(),
		"no name":   &net.OpError{Op: "dial", Err: &net.DNSError{Name: "x", IsNotFound: true}},
		"no proxy":  &net.OpError{Op: "proxyconnect", Err: refusedDial()},
		"no answer": &net.OpError{Op: "dial", Err: os.ErrDeadlineExceeded},
	} {
		err := fmt.Errorf("around: %w", cause)
		var lines []string
		r := Retryer(func(line string) { lines = append(lines, line) })
		total := time.Duration(0)
		for attempt := 1; ; attempt++ {
			d, ended := r.RetryDelay(attempt, err)
			if ended != nil {
				if !errors.Is(ended, cause) {
					t.Errorf("%s: the call ends with %v", name, ended)
				}
				break
			}
			if total += d; total > 10*time.Second {
				t.Fatalf("%s: it goes on after %v", name, total)
			}
		}
		if len(lines) == 0 || !strings.HasPrefix(lines[0], "Waiting 500ms to call AWS again: ") {
			t.Errorf("%s: the progress is %q", name, lines)
		}
	}
}

// A connection that breaks, and a call that is throttled, are worth minutes.
func TestRetryerIsPatientWithAServer(t *testing.T) {
	for _, err := range []error{
		io.ErrUnexpectedEOF, &net.OpError{Op: "read", Err: syscall.ECONNRESET},
		&refusedCall{"ApiGatewayV2", "CreateApi", "TooManyRequestsException", "slow down"},
	} {
		var lines []string
		r := Retryer(func(line string) { lines = append(lines, line) })
		for attempt := 1; attempt < maxAttempts; attempt++ {
			if _, ended := r.RetryDelay(attempt, err); ended != nil {
				t.Fatalf("%v: it ends after attempt %d", err, attempt)
			}
		}
		if len(lines) == 0 || !strings.HasSuffix(lines[0], brief(err)) {
			t.Errorf("%v: the progress is %q", err, lines)
		}
	}
}
