package record

import (
	"context"
	"time"
)

// lateEvery is how often WatchLate looks at the clock, and what it calls late.
const lateEvery = 50 * time.Millisecond

// WatchLate calls note with each time in which this process did not run when it should have, and
// how long that was, until ctx ends: on a busy machine, what comes late may have waited there.
func WatchLate(ctx context.Context, note func(until time.Time, by time.Duration)) {
	t := time.NewTimer(lateEvery)
	defer t.Stop()
	for last := time.Now(); ; {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
		now := time.Now()
		if late := now.Sub(last) - lateEvery; late > lateEvery {
			note(now, late)
		}
		last = now
		t.Reset(lateEvery)
	}
}
