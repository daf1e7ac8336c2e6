package lambda

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"

	"github.com/tyg-dev/tyg"
)

// SendMany sends one message to many connections, up to Parallel of them at once. Everybody is
// tried once before anybody is tried again, so those that are throttled hold up nobody. If the
// context ends, the recipients that were not reached yet fail with its error. Nobody is
// disconnected.
func (s *Sender) SendMany(
	ctx context.Context, ids []tyg.ConnID, data []byte, opts ...tyg.SendOption,
) error {
	if err := check(data, opts); err != nil {
		return err
	}
	b := broadcast{call: posting(data), ids: ids, outs: make([]outcome, len(ids))}
	for i := range ids {
		b.left = append(b.left, i)
	}
	retry := newBackoff(ctx, s.retryFor)
	for n := 1; ; n++ {
		b.pass(ctx, s)
		if b.keep(n); len(b.left) == 0 || !retry.wait(ctx) {
			return b.err()
		}
	}
}

// A broadcast is one message on its way to many.
type broadcast struct {
	call call
	ids  []tyg.ConnID
	outs []outcome // by index of ids
	left []int     // indexes of ids that are to be tried
}

// pass tries everybody that is left, once.
func (b *broadcast) pass(ctx context.Context, s *Sender) {
	var next atomic.Int64
	var workers sync.WaitGroup
	for range min(s.parallel, len(b.left)) {
		// Each ends when nobody is left; they are waited for below.
		workers.Go(func() {
			for {
				n := int(next.Add(1)) - 1
				if n >= len(b.left) {
					return
				}
				i := b.left[n]
				b.outs[i] = s.attempt(ctx, b.call, b.ids[i])
			}
		})
	}
	workers.Wait()
}

// keep leaves those that are worth more than n attempts.
func (b *broadcast) keep(n int) {
	left := b.left[:0]
	for _, i := range b.left {
		if b.outs[i].tries > n {
			left = append(left, i)
		}
	}
	b.left = left
}

func (b *broadcast) err() error {
	var errs []error
	for _, out := range b.outs {
		errs = append(errs, out.err)
	}
	return errors.Join(errs...)
}
