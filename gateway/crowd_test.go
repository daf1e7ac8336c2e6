package gateway_test

import (
	"io"
	"net/netip"
	"testing"
	"time"

	"github.com/tyg-dev/tyg/gateway"
)

// TestSocketsBeforeTheirHandshakeAreLimited opens sockets that say nothing: the last is closed at
// once, and another one is accepted when one has gone.
func TestSocketsBeforeTheirHandshakeAreLimited(t *testing.T) {
	const limit = 5
	for name, start := range map[string]func(testing.TB, *gateway.Server) *rig{
		"Serve": start, "TLS": startServeTLS,
	} {
		t.Run(name, func(t *testing.T) {
			r := start(t, &gateway.Server{Handler: echo(), Limits: gateway.Limits{Conns: limit}})
			r.tls = nil // the sockets do not get as far
			var silent []*wire
			for range limit {
				silent = append(silent, r.connect(t))
			}
			until(t, "one more is closed", func() bool {
				w := r.connect(t)
				defer w.Close()
				_ = w.SetReadDeadline(time.Now().Add(soon))
				_, err := w.Read(make([]byte, 1))
				return err == io.EOF
			})
			if r.Stats().Closed["too-many-sockets"] == 0 {
				t.Error("no cut is counted")
			}
			for _, w := range silent[:2] {
				_ = w.Close()
			}
			until(t, "one is accepted again", func() bool {
				w := r.connect(t)
				defer w.Close()
				_ = w.SetReadDeadline(time.Now().Add(soon))
				_, err := w.Read(make([]byte, 1))
				return err != io.EOF
			})
		})
	}
}

// TestCrowdCountsAddresses enters and leaves as sockets of addresses do.
func TestCrowdCountsAddresses(t *testing.T) {
	c := gateway.NewCrowd(10, 2, netip.MustParsePrefix("192.0.2.0/24"))
	for i, step := range []struct {
		addr  string
		leave bool
		want  bool
	}{
		{"198.51.100.1", false, true},
		{"198.51.100.1", false, true},
		{"198.51.100.1", false, false},
		{"198.51.100.2", false, true},
		{"198.51.100.1", true, true},
		{"198.51.100.1", false, true},
		{"2001:db8::1", false, true},
		{"2001:db8::2", false, true},
		{"2001:db8::3", false, false}, // of one /64
		{"192.0.2.1", false, true},    // a proxy
		{"192.0.2.1", false, true},
		{"192.0.2.1", false, true},
		{"127.0.0.1", false, true},
		{"127.0.0.1", false, true},
		{"127.0.0.1", false, false}, // all are 10
	} {
		addr := netip.MustParseAddr(step.addr)
		if step.leave {
			c.Leave(addr)
		} else if got := c.Enter(addr); got != step.want {
			t.Errorf("step %d: %s may enter: %v", i, step.addr, got)
		}
	}
}
