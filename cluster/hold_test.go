package cluster

import (
	"context"
	"testing"
)

// A countedHolder counts holds.
type countedHolder struct{ begun, released int }

func (h *countedHolder) Hold(ctx context.Context) (context.Context, func()) {
	h.begun++
	return ctx, func() { h.released++ }
}

// TestReaderHoldsWhileMessagesWait begins a hold when another message waits, and ends it with the
// last one or after 64.
func TestReaderHoldsWhileMessagesWait(t *testing.T) {
	for waiting, want := range map[int]int{1: 0, 2: 1, maxHeld: 1, maxHeld + 1: 1, 2*maxHeld + 2: 3} {
		n := newNode(Config{}.withDefaults(), nil, nil)
		b := newNetwork(1).newBus()
		n.bus = b
		holder := new(countedHolder)
		n.hold.holder = holder
		for range waiting {
			b.inbox <- message{}
		}
		for range waiting {
			if _, ok := b.receive(); !ok {
				t.Fatal("the bus is closed")
			}
			n.hold.begin(n)
			n.hold.end(b.waiting())
		}
		if holder.begun != want || holder.released != want || n.hold.release != nil {
			t.Errorf("%d messages: %d holds begun and %d released, want %d",
				waiting, holder.begun, holder.released, want)
		}
	}
}
