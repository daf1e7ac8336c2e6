package cluster

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tyg-dev/tyg"
)

// TestFencedNodeSendsNothing has a node notice at its first send that it was frozen: the others say
// that its connections are gone.
func TestFencedNodeSendsNothing(t *testing.T) {
	for name, send := range map[string]func(n *memNode, id tyg.ConnID) error{
		"Send": func(n *memNode, id tyg.ConnID) error { return n.Send(t.Context(), id, []byte("a 1")) },
		"SendMany": func(n *memNode, id tyg.ConnID) error {
			return n.SendMany(t.Context(), []tyg.ConnID{id}, []byte("a 1"))
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, 1, Config{Disconnects: AtLeastOnce})
			n := w.add(1)
			defer w.end()
			id := n.local.open()[0]
			n.fence.confirm(time.Now().Add(-w.cfg.Fence - time.Second))
			if err := send(n, id); !errors.Is(err, tyg.ErrGone) {
				t.Errorf("%s: %v, want ErrGone", name, err)
			}
			if got := len(n.local.conns[id].got); got != 0 {
				t.Errorf("%s delivered %d messages", name, got)
			}
			if open := n.local.open(); len(open) > 0 {
				t.Errorf("%s left %d clients open", name, len(open))
			}
			_, err := n.SendToGroup(t.Context(), "tea", []byte("a 1"), tyg.GroupOptions{})
			if !errors.Is(err, tyg.ErrUnavailable) {
				t.Errorf("to a group: %v, want ErrUnavailable", err)
			}
		})
	}
}

// TestContactIsSoughtSoon takes JetStream away from a node, which gets errors or no answers, and
// gives it back long before the next write to the registry that there would be without a failure.
func TestContactIsSoughtSoon(t *testing.T) {
	for name, lose := range map[string]func(s *store) map[int]bool{
		"errors":     func(s *store) map[int]bool { return s.away },
		"no answers": func(s *store) map[int]bool { return s.hangs },
	} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, 1, Config{Renew: 9 * time.Second})
			n := w.add(1)
			defer w.end()
			set := func(is bool) {
				w.store.mu.Lock()
				defer w.store.mu.Unlock()
				lose(w.store)[0] = is
			}
			set(true)
			time.Sleep(9500 * time.Millisecond) // a write has begun
			set(false)
			back := time.Now()
			time.Sleep(4 * time.Second)
			if !n.fence.contactSince(back) {
				t.Errorf("%s: no contact 4 s after JetStream is back", name)
			}
		})
	}
}

// TestUnansweredWritesAreContact has each write to the registry take effect after its caller has
// given up, as with a JetStream that is slow: the others see that the node lives, and so does it.
func TestUnansweredWritesAreContact(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 1, Config{Disconnects: AtLeastOnce})
		n := w.add(1)
		defer w.end()
		w.store.mu.Lock()
		w.store.blurred = 1
		w.store.mu.Unlock()
		time.Sleep(5 * w.cfg.Dead)
		if err := n.Ready(); err != nil {
			t.Errorf("the node is not ready: %v", err)
		}
		if open := n.local.open(); len(open) != 1 {
			t.Errorf("the node has %d clients, want 1", len(open))
		}
		if !n.fence.contactSince(time.Now().Add(-w.cfg.Fence / 2)) {
			t.Error("the last contact is too long ago")
		}
	})
}

// A slowLedger takes so long to remove what it was asked to.
type slowLedger struct {
	ledger
	takes time.Duration
	err   error
}

func (l *slowLedger) flush(ctx context.Context) error {
	if !pause(ctx, l.takes) {
		l.err = ctx.Err()
	}
	return l.err
}

// TestLeaveWaitsForTheLedger leaves with more records to remove than are removed soon: what is
// left behind would be told again by the other nodes. Time for the rest of Leave remains.
func TestLeaveWaitsForTheLedger(t *testing.T) {
	for takes, want := range map[time.Duration]error{
		20 * time.Second: nil, time.Minute: context.DeadlineExceeded,
	} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, 1, Config{Disconnects: AtLeastOnce})
			l := &slowLedger{takes: takes}
			w.around = func(inner ledger) ledger {
				l.ledger = inner
				return l
			}
			n := w.add(1)
			defer w.end()
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
			defer cancel()
			if err := n.Leave(ctx); err != nil {
				t.Errorf("Leave: %v", err)
			}
			if !errors.Is(l.err, want) {
				t.Errorf("after %v the ledger has %v, want %v", takes, l.err, want)
			}
		})
	}
}
