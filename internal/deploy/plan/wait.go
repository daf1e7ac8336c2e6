package plan

import (
	"context"
	"fmt"
	"time"
)

// IAMDelay is how long to wait for IAM: a new role is known everywhere within some seconds, and
// sometimes a minute.
const IAMDelay = 2 * time.Minute

// A Waiter waits for AWS.
type Waiter struct {
	// Pause waits between two calls.
	Pause func(context.Context, time.Duration) error
}

// Await calls done until it reports true or fails. The pauses between calls grow to 5 seconds. When
// they add up to limit, Await returns an error that names what it has waited for.
func (w Waiter) Await(
	ctx context.Context, what string, limit time.Duration, done func() (bool, error),
) error {
	wait, waited := 250*time.Millisecond, time.Duration(0)
	for {
		ok, err := done()
		if ok || err != nil {
			return err
		}
		if waited >= limit {
			return fmt.Errorf("%s: still not done after %v; run the command again to go on", what, limit)
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
