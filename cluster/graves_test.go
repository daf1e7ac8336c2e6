package cluster

import (
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/internal/connid"
)

// TestUnknownIncarnationsAreFew sends to ids that a stranger has made up: what the registry keeps
// of them is bounded, and none of them is said to be there.
func TestUnknownIncarnationsAreFew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 1, Config{})
		defer w.end()
		n := w.add(1)
		start := time.Now()
		var sending sync.WaitGroup
		const ids = 3 * graveBurst
		for i := range ids {
			sending.Go(func() {
				m := connid.Maker{Incarnation: connid.Incarnation(i + 1), Key: n.self().ids.Key}
				err := n.Send(t.Context(), m.New(), []byte("x"))
				if !errors.Is(err, tyg.ErrGone) && !errors.Is(err, tyg.ErrUnavailable) {
					t.Errorf("incarnation %d: %v", i+1, err)
				}
			})
		}
		sending.Wait()
		most := graveBurst + int(graveRate*time.Since(start).Seconds()) + 2
		w.store.mu.Lock()
		defer w.store.mu.Unlock()
		if got := len(w.store.entries); got < graveBurst || got > most {
			t.Errorf("the registry has %d entries, and may have %d", got, most)
		}
	})
}
