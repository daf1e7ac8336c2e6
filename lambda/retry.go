package lambda

import (
	"context"
	"math"
	"math/rand/v2"
	"time"
)

// How often an attempt may be made, the first included.
const (
	once    = 1           // its failure is final, or must not be repeated
	fewMore = 3           // as often as the AWS SDKs do it
	always  = math.MaxInt // for as long as there is time
)

const (
	defaultPatience = 10 * time.Second
	firstPause      = 50 * time.Millisecond
	longestPause    = 2 * time.Second
)

// patience says for how long a call is tried again.
type patience struct {
	until time.Time
	pause time.Duration
}

// newPatience lasts for d, or as long as ctx if that is shorter. Zero is the default, and with less
// nothing is tried again.
func newPatience(ctx context.Context, d time.Duration) patience {
	if d == 0 {
		d = defaultPatience
	}
	p := patience{until: time.Now().Add(d), pause: firstPause}
	if deadline, ok := ctx.Deadline(); ok && deadline.Before(p.until) {
		p.until = deadline
	}
	return p
}

// wait pauses before another attempt, longer every time, and reports false if there is no time for
// one. Half of each pause is random, so that many who were refused at once do not come back at once
// (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).
func (p *patience) wait(ctx context.Context) bool {
	pause := p.pause/2 + rand.N(p.pause/2)
	p.pause = min(2*p.pause, longestPause)
	if time.Now().Add(pause).After(p.until) {
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
