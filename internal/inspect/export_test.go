package inspect

import (
	"time"

	"github.com/tyg-dev/tyg/gateway"
)

// Idle reports whether the gateway is not observed.
func (i *Inspector) Idle() bool {
	i.watch.Lock()
	defer i.watch.Unlock()
	return i.stop == nil
}

// Begin has the gateway observed as by a page, until the function that it returns is called.
func (i *Inspector) Begin() (done func()) { return i.begin(true) }

// Observer returns what observes the gateway while a page is open or a recording runs.
func (i *Inspector) Observer() gateway.Observer { return &i.tap }

// Settle has all that has happened so far made sense of, and waits for it.
func (i *Inspector) Settle() {
	for last := i.tap.order.Load(); i.applied.Load() < last; time.Sleep(50 * time.Microsecond) {
		select {
		case i.tap.some <- struct{}{}:
		default:
		}
	}
}
