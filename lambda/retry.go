package lambda

import (
	"context"
	"math"
	"math/rand/v2"
	"time"
)

// How many attempts may be made, including the first.
const (
	once        = 1           // its failure is final, or must not be repeated
	atMostThree = 3           // as often as the AWS SDKs do it
	always      = math.MaxInt // for as long as there is time
)

const (
	defaultRetryFor = 10 * time.Second
	firstPause      = 50 * time.Millisecond
	longestPause    = 2 * time.Second
)

// A backoff says how long a call may be tried again, and how long to pause before the next attempt.
type backoff struct {
	until time.Time
	pause time.Duration
}

// newBackoff returns a backoff that lasts for d, but no longer than ctx. Zero means the default,
// and less than zero no second attempt.
func newBackoff(ctx context.Context, d time.Duration) backoff {
	if d == 0 {
		d = defaultRetryFor
	}
	b := backoff{until: time.Now().Add(d), pause: firstPause}
	if deadline, ok := ctx.Deadline(); ok && deadline.Before(b.until) {
		b.until = deadline
	}
	return b
}

// wait pauses before another attempt, longer every time, and reports false if there is no time for
// one. Half of each pause is random, so that clients that were refused together do not return
// together
// (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).
func (b *backoff) wait(ctx context.Context) bool {
	pause := b.pause/2 + rand.N(b.pause/2)
	b.pause = min(2*b.pause, longestPause)
	if time.Now().Add(pause).After(b.until) {
		return false
	}
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}
