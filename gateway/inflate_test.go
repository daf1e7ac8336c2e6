package gateway_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/gateway"
	"github.com/tyg-dev/tyg/internal/ws"
)

// bomb is a frame of about 170 bytes that inflates to 128 KB.
var bomb = string(compressedFrame(ws.OpText, []byte(strings.Repeat("x", 128<<10))))

// bomber connects a client that may send compressed messages.
func (r *rig) bomber(t testing.TB) *wire {
	w := r.connect(t)
	w.write(t, r.handshake("Sec-WebSocket-Extensions: permessage-deflate"))
	if w.response(t).Header.Get("Sec-Websocket-Extensions") == "" {
		t.Fatal("compression was declined")
	}
	return w
}

// TestBombsAreDelayed has 200 clients send messages that inflate a thousandfold, as fast as they
// can. All together use the part of the processors that is for such messages and no more, so that
// others are served.
func TestBombsAreDelayed(t *testing.T) {
	t.Parallel() // it mostly waits
	const attackers, bombs, rounds = 200, 200, 20
	onBoth(t, func(t *testing.T, portable bool) {
		r := start(t, &gateway.Server{
			Handler: echoShort(), Portable: portable, Limits: gateway.Limits{Close: soon},
		})
		healthy := r.dial(t)
		began := time.Now()
		for range attackers {
			r.bomber(t).write(t, strings.Repeat(bomb, bombs))
		}
		var spent, elapsed, limit time.Duration
		// While a message is inflated, a busy machine may do other things for a moment, which counts
		// as spent, and clients wait the longer for it.
		for range 10 {
			for range rounds {
				healthy.send(t, "hello")
				healthy.expect(t, "hello")
			}
			spent, elapsed = r.InflateSpent(), time.Since(began)
			// Each may have begun one more, of which a busy machine has some take ten times as long.
			if limit = gateway.InflateBudget(elapsed) + attackers*r.InflateMost(); spent <= limit {
				break
			}
		}
		if spent > limit || spent == 0 {
			t.Errorf("inflating took %v within %v, of which %v may be", spent, elapsed, limit)
		}
		if n := r.Stats().Messages; n > attackers*bombs/2 {
			t.Errorf("%d of %d messages were inflated", n, attackers*bombs)
		}
		t.Logf("within %v, inflating took %v", elapsed, spent)
		if r.Stats().Rests == 0 {
			t.Error("no client was delayed")
		}
	})
}

// echoShort returns an App that sends short messages back.
func echoShort() *tyg.App {
	app := tyg.New("test")
	app.OnMessage(func(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
		if len(m.Data) > 100 {
			return nil
		}
		return c.Send(ctx, m.Data)
	})
	return app
}

// TestAccountOfInflating plays what clients send against the account of one.
func TestAccountOfInflating(t *testing.T) {
	const ms = time.Millisecond
	tests := []struct {
		name  string
		wire  int
		took  time.Duration
		every time.Duration // the client sends so often, where it may
		all   time.Duration // how overdrawn the account of all is
		rests bool
		ends  bool
	}{
		{"JSON of 40 KB", 4 << 10, 300 * time.Microsecond, 0, 0, false, false},
		{"JSON of 40 KB, while others attack", 4 << 10, 300 * time.Microsecond, 0, ms, false, false},
		{"short messages", 58, 10 * time.Microsecond, 0, ms, false, false},
		{"a bomb now and then", 165, 800 * time.Microsecond, 50 * ms, 0, false, false},
		{"a bomb a second, while others attack", 165, 800 * time.Microsecond, 5000 * ms, ms, true, false},
		{"bombs", 165, 800 * time.Microsecond, 0, 0, true, true},
		{"bombs, while others attack", 165, 800 * time.Microsecond, 0, 500 * ms, true, true},
		{"headers of blocks", 4 << 10, 3 * ms, 0, 0, true, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a, now, rested, ended := gateway.NewInflating(), time.Duration(0), false, false
			for !ended && now < time.Minute {
				var rest time.Duration
				rest, ended = a.Receive(now, tt.wire, tt.took, tt.all)
				rested = rested || rest > 0
				now += max(rest+tt.took, tt.every)
			}
			if rested != tt.rests || ended != tt.ends {
				t.Errorf("rested: %v, ended: %v after %v", rested, ended, now)
			}
		})
	}
}

// TestDelayedMessagesArrive has a client overdraw its account: all it sent is handled, in order.
func TestDelayedMessagesArrive(t *testing.T) {
	t.Parallel() // it mostly waits
	onBoth(t, func(t *testing.T, portable bool) {
		r := start(t, &gateway.Server{Handler: echoShort(), Portable: portable})
		w := r.bomber(t)
		bombs := 60
		if raceEnabled { // each costs ten times as much
			bombs = 5
		}
		// How many are too many depends on how fast this machine is.
		for try := 0; r.Stats().Rests == 0; try++ {
			if try == 50 {
				t.Fatal("the client was not delayed")
			}
			w.write(t, strings.Repeat(bomb, bombs)+string(clientFrame(ws.OpText, true, "last")))
			w.expect(t, "last")
		}
	})
}

// TestLargeBombsPause has a message inflate for as long as hundreds of turns: others go in between.
func TestLargeBombsPause(t *testing.T) {
	t.Parallel()
	large := string(compressedFrame(ws.OpText, []byte(strings.Repeat("x", 32<<20))))
	r := start(t, &gateway.Server{
		Handler: echoShort(), Limits: gateway.Limits{Frame: -1, Message: -1, Close: soon},
	})
	r.bomber(t).write(t, large)
	until(t, "the turn pauses", func() bool { return r.Pauses() > 10 })
}
