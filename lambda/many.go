package lambda

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"

	"github.com/tyg-dev/tyg"
)

// SendMany sends one message to many connections, up to Parallel of them at once. It tries each
// connection once before it tries any again, so a throttled one does not delay the others. If the
// context ends, the recipients that were not reached yet fail with its error. No client is
// disconnected.
func (s *Sender) SendMany(
	ctx context.Context, ids []tyg.ConnID, data []byte, opts ...tyg.SendOption,
) error {
	if err := check(data, opts); err != nil {
		return err
	}
	b := broadcast{call: newPost(data), ids: ids, outs: make([]outcome, len(ids))}
	for i := range ids {
		b.left = append(b.left, i)
	}
	retry := newBackoff(ctx, s.retryFor)
	for n := 1; ; n++ {
		b.tryLeft(ctx, s)
		if b.dropSettled(n); len(b.left) == 0 || !retry.wait(ctx) {
			return b.err()
		}
	}
}

// A broadcast is one message to many connections.
type broadcast struct {
	call call
	ids  []tyg.ConnID
	outs []outcome // by index of ids
	left []int     // indexes of the ids to try
}

// tryLeft tries each connection that is left, once.
func (b *broadcast) tryLeft(ctx context.Context, s *Sender) {
	var next atomic.Int64
	var workers sync.WaitGroup
	for range min(s.parallel, len(b.left)) {
		// Each ends when no connection is left; they are waited for below.
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

// dropSettled keeps in left the connections that are worth more than n attempts.
func (b *broadcast) dropSettled(n int) {
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
