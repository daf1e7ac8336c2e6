package wsclient

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// The wait after an attempt is anything up to firstWait, and up to twice as long after each further
// one, up to maxWait: clients that were cut off together do not come back together. A Retry-After
// that is longer is obeyed up to maxRetryAfter.
const (
	firstWait     = time.Second
	maxWait       = 30 * time.Second
	maxRetryAfter = 10 * time.Minute
)

// DialAgain is [Dial] that tries until it succeeds, ctx ends, or the server says what another
// attempt would not change. It obeys Retry-After. Its error is the last one.
func DialAgain(ctx context.Context, address string, o *Options) (*Conn, *http.Response, error) {
	for n := 0; ; n++ {
		c, res, err := Dial(ctx, address, o)
		if err == nil || ctx.Err() != nil || !mayChange(err) {
			return c, res, err
		}
		timer := time.NewTimer(waitAfter(n, err))
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return nil, res, err
		}
	}
}

// mayChange reports whether another attempt may end otherwise: the server was not reached, or it
// says that it is overloaded or has failed.
func mayChange(err error) bool {
	if refused, ok := errors.AsType[*RefusedError](err); ok {
		return refused.Status == http.StatusTooManyRequests || refused.Status >= 500
	}
	return !strings.HasPrefix(err.Error(), "parse address")
}

// waitAfter returns how long to wait after attempt n, from 0, has failed with err.
func waitAfter(n int, err error) time.Duration {
	wait := rand.N(min(firstWait<<min(n, 10), maxWait))
	refused, ok := errors.AsType[*RefusedError](err)
	if !ok {
		return wait
	}
	seconds, e := strconv.Atoi(refused.Header.Get("Retry-After"))
	if e != nil || seconds <= 0 {
		return wait
	}
	// Less than a second more: servers round, and may say the same to all.
	return max(wait, min(time.Duration(seconds)*time.Second, maxRetryAfter)+rand.N(time.Second))
}
