package grouptable

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"
)

const (
	// maxAttempts is how often a request is tried, maxUnanswered how often if it gets no answer or
	// an invalid one. The waits add up to some 10 s and 300 ms; the context may end them sooner.
	maxAttempts   = 12
	maxUnanswered = 5

	// The wait before the second attempt is up to firstWait. The limit doubles with each attempt, up
	// to maxWait.
	firstWait = 25 * time.Millisecond
	maxWait   = 2 * time.Second
)

// errConflict means that the condition of a write did not hold. errUnsure means the same of a write
// that an earlier attempt without an answer may have made.
var (
	errConflict = errors.New("changed by another request")
	errUnsure   = fmt.Errorf("%w, or by an attempt whose answer was lost", errConflict)
)

// retry makes attempts of an operation until one is final. unsure reports that an attempt before
// that had no answer, so what the last one has found may be the work of an earlier one.
func (t *Table) retry(ctx context.Context, operation string, in, out any) (unsure bool, err error) {
	for n := 1; ; n++ {
		err := t.call(ctx, operation, in, out)
		is := classify(err)
		switch {
		case is == succeeded:
			return unsure, nil
		case is == conflict && unsure:
			return true, errUnsure
		case is == conflict:
			return false, errConflict
		}
		last := is == rejected || n == maxAttempts || is == unknown && n >= maxUnanswered
		unsure = unsure || is == unknown
		if last || !t.backOff(ctx, n) {
			return unsure, fmt.Errorf("%s in table %s: %w", operation, t.cfg.Name, err)
		}
	}
}

// backOff waits after the nth attempt, and reports false if the context ended meanwhile.
func (t *Table) backOff(ctx context.Context, n int) bool {
	select {
	case <-ctx.Done():
		return false
	case <-t.after(rand.N(min(firstWait<<(n-1), maxWait)) + 1):
		return ctx.Err() == nil
	}
}
