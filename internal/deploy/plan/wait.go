package plan

import (
	"context"
	"fmt"
	"time"
)

// IAMDelay is how long to wait for IAM: a new role is known everywhere within some seconds, and
// sometimes a minute.
const IAMDelay = 2 * time.Minute

// Patience is how long something may take without a line of progress.
const Patience = 3 * time.Second

// repeatEvery is how often a line of progress is repeated.
const repeatEvery = 30 * time.Second

// A Waiter waits for AWS.
type Waiter struct {
	// Pause waits between two calls.
	Pause func(context.Context, time.Duration) error

	// Now is the time; nil is time.Now.
	Now func() time.Time

	// Say is called with a line after [Patience], and from then on each half minute. It may be nil.
	Say func(line string)
}

// Since returns how long ago a time of AWS was, by the clock of this machine.
func (w Waiter) Since(at time.Time) time.Duration {
	if w.Now == nil {
		return time.Since(at)
	}
	return w.Now().Sub(at)
}

// Await calls done until it reports true or fails. The pauses between calls grow to 5 seconds. When
// they add up to limit, Await returns an error that names what it has waited for, such as "table
// x".
func (w Waiter) Await(
	ctx context.Context, what string, limit time.Duration, done func() (bool, error),
) error {
	wait, waited, next := 250*time.Millisecond, time.Duration(0), Patience
	for {
		ok, err := done()
		if ok || err != nil {
			return err
		}
		if waited >= limit {
			return fmt.Errorf("wait for %s: still not done after %v; run the command again to go on",
				what, limit)
		}
		if waited >= next && w.Say != nil {
			w.Say(fmt.Sprintf("Waiting for %s: %v of at most %v", what, waited.Round(time.Second), limit))
			next = waited + repeatEvery
		}
		if err := w.Pause(ctx, wait); err != nil {
			return err
		}
		waited += wait
		wait = min(2*wait, 5*time.Second)
	}
}

// RetryWhile repeats call while isTransient reports that its error will pass.
func (w Waiter) RetryWhile(
	ctx context.Context, what string, limit time.Duration, call func() error,
	isTransient func(error) bool,
) error {
	var last error
	retry := false
	err := w.Await(ctx, what, limit, func() (bool, error) {
		last = call()
		retry = isTransient(last)
		if retry {
			return false, nil
		}
		return true, last
	})
	if retry {
		return fmt.Errorf("%w; AWS said last: %w", err, last)
	}
	return err
}
