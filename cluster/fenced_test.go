package cluster

import (
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
