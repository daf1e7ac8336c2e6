package lambda

import (
	"context"
	"errors"
	"iter"
	"sync"
	"time"

	"github.com/tyg-dev/tyg"
)

// SendMany sends one message to many connections, many of them at once: see
// [SenderConfig.Parallel]. It tries each connection once before it tries any again, so a throttled
// one does not delay the others. If the context ends, the recipients that were not reached yet fail
// with its error. No client is disconnected.
func (s *Sender) SendMany(
	ctx context.Context, ids []tyg.ConnID, data []byte, opts ...tyg.SendOption,
) error {
	if err := check(data, opts); err != nil {
		return err
	}
	all := make([]recipient, len(ids))
	b := broadcast{sender: s, call: newPost(data)}
	b.run(ctx, func(yield func(*recipient) bool) {
		for i, id := range ids {
			if all[i].id = id; !yield(&all[i]) {
				return
			}
		}
	})
	var errs []error
	for i := range all {
		errs = append(errs, all[i].out.err)
	}
	return errors.Join(errs...)
}

// A broadcast is one message to many connections.
type broadcast struct {
	sender *Sender
	call   call
}

// A recipient is a connection, and what came of the last attempt to send to it.
type recipient struct {
	id  tyg.ConnID
	out outcome
}

// run sends to all, which it walks once. It returns when each recipient has its final outcome.
func (b *broadcast) run(ctx context.Context, all iter.Seq[*recipient]) {
	retry := newBackoff(ctx, b.sender.retryFor)
	var left []*recipient
	for n := 1; ; n++ {
		left = b.pass(ctx, all, n)
		if len(left) == 0 || !retry.wait(ctx) {
			return
		}
		tried := left
		all = func(yield func(*recipient) bool) {
			for _, r := range tried {
				if !yield(r) {
					return
				}
			}
		}
	}
}

// pass tries each recipient once, and returns those that are worth more than n attempts.
func (b *broadcast) pass(ctx context.Context, all iter.Seq[*recipient], n int) (left []*recipient) {
	var mu sync.Mutex // guards left
	try := func(r *recipient) {
		began := time.Now()
		r.out = b.sender.attempt(ctx, b.call, r.id)
		b.sender.window.leave(began, r.out)
		if r.out.tries > n {
			mu.Lock()
			left = append(left, r)
			mu.Unlock()
		}
	}
	next := make(chan *recipient)
	var workers sync.WaitGroup
	for r := range all {
		if b.sender.window.enter(ctx) != nil {
			r.out = b.sender.attempt(ctx, b.call, r.id) // fails with the error of the context
			continue
		}
		select {
		case next <- r:
		default:
			// Ends when next is closed; waited for below. A worker that is used again has a stack that
			// is large enough.
			workers.Go(func() {
				try(r)
				for r := range next {
					try(r)
				}
			})
		}
	}
	close(next)
	workers.Wait()
	return left
}
