package gateway_test

import (
	"context"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/gateway"
)

// TestSlowConnectsLeaveTheTurn has a connect handler be slow: handshakes get goroutines of their
// own after a few of them, and turns of sockets again once it was fast for long enough.
func TestSlowConnectsLeaveTheTurn(t *testing.T) {
	t.Parallel()
	var slow atomic.Int64
	app := echo()
	app.OnConnect(func(context.Context, *tyg.Conn, *tyg.Request) error {
		time.Sleep(time.Duration(slow.Load()))
		return nil
	})
	r := start(t, &gateway.Server{Handler: app})
	if !r.AnswersInTurn() {
		t.Error("the first handshake has a goroutine of its own")
	}
	slow.Store(int64(time.Millisecond))
	for range 10 {
		_ = r.wire(t).Close()
	}
	if r.AnswersInTurn() {
		t.Error("slow handlers run where sockets are read")
	}
	slow.Store(0)
	until(t, "fast handlers run where sockets are read", func() bool {
		_ = r.wire(t).Close() // some may be slow on a busy machine
		return r.AnswersInTurn()
	})
}

// TestStormHoldsUpNoMessage cuts many clients at once and has them come again, while the messages
// of one that stays are answered.
func TestStormHoldsUpNoMessage(t *testing.T) {
	t.Parallel()
	const clients = 300
	onBoth(t, func(t *testing.T, portable bool) {
		r := start(t, &gateway.Server{Handler: echo(), Portable: portable})
		stays := r.wire(t)
		for range 3 {
			var all []*wire
			for range clients {
				all = append(all, r.wire(t))
			}
			for _, w := range all {
				_ = w.Conn.(*net.TCPConn).SetLinger(0) // a reset, if it does not fail
				_ = w.Close()
			}
			stays.write(t, string(clientFrame(1, true, "here")))
			stays.expect(t, "here")
		}
		until(t, "all that were cut have ended", func() bool { return r.Stats().Connections == 1 })
	})
}
