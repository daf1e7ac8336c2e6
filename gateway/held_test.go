package gateway_test

import (
	"context"
	"fmt"
	"net"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/gateway"
)

// TestHeldMessagesLeaveInOneWrite sends with Hold, in all ways, and counts in how many writes the
// messages leave. In a bubble the clock stands still meanwhile, so that no hold expires.
func TestHeldMessagesLeaveInOneWrite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var writes atomic.Int64
		count := func(c net.Conn) net.Conn { return counted{c, &writes} }
		app := echo()
		l := follow(app)
		r := startPipes(t, &gateway.Server{Handler: app}, count)
		w := r.wire(t)
		id := next(t, l.connects).ID
		if _, _, err := r.AddToGroup(t.Context(), "tea", id, nil); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		before := writes.Load()
		ctx, release := r.Hold(t.Context())
		sendInAllWays(ctx, t, r, id)
		synctest.Wait()
		if got := writes.Load() - before; got != 0 {
			t.Errorf("%d writes before the end of the hold", got)
		}
		release()
		for i := range 3 {
			w.expect(t, fmt.Sprint("message ", i))
		}
		if got := writes.Load() - before; got != 1 {
			t.Errorf("3 messages left in %d writes", got)
		}
	})
}

func sendInAllWays(ctx context.Context, t *testing.T, r *rig, id tyg.ConnID) {
	t.Helper()
	if err := r.Send(ctx, id, []byte("message 0")); err != nil {
		t.Error(err)
	}
	if err := r.SendMany(ctx, []tyg.ConnID{id}, []byte("message 1")); err != nil {
		t.Error(err)
	}
	_, err := r.SendToGroup(ctx, "tea", []byte("message 2"), tyg.GroupOptions{})
	if err != nil {
		t.Error(err)
	}
}

// TestHoldThatIsNotReleasedExpires delivers what is held by a caller that does something else.
func TestHoldThatIsNotReleasedExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		app := echo()
		l := follow(app)
		r := startPipes(t, &gateway.Server{Handler: app}, nil)
		w := r.wire(t)
		id := next(t, l.connects).ID
		ctx, release := r.Hold(t.Context())
		defer release()
		if err := r.Send(ctx, id, []byte("held")); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		w.expect(t, "held")
		if d := time.Since(start); d > 10*time.Millisecond {
			t.Errorf("it was held for %v", d)
		}
		if err := r.Send(ctx, id, []byte("after")); err != nil {
			t.Fatal(err)
		}
		w.expect(t, "after")
	})
}
