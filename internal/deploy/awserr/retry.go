package awserr

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
)

// The control plane of API Gateway accepts a call of an account every few seconds, of some kinds
// one in half a minute. So throttled calls are retried for some minutes.
// (https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html)
const (
	maxAttempts = 15
	MaxBackoff  = 30 * time.Second
)

// A call that finds no server is made again for 3.5 s: a network may come back, a wrong address
// stays wrong.
const (
	reachAttempts = 4
	reachPause    = 500 * time.Millisecond // doubled for each attempt
)

// noticeAfter is how long a pause must be to be worth a line of progress. A call that finds no
// server has taken long enough without the pause.
const noticeAfter = time.Second

// Retryer returns a retryer that makes calls again for some minutes if AWS asks to wait, for
// seconds if there is no server, and that knows [IsTransient]. Before longer pauses it calls
// progress, from the goroutine of the call; nil means no progress.
func Retryer(progress func(line string)) aws.Retryer {
	return retryer{progress: progress, Standard: retry.NewStandard(func(o *retry.StandardOptions) {
		o.MaxAttempts, o.MaxBackoff = maxAttempts, MaxBackoff
		o.Retryables = append([]retry.IsErrorRetryable{retry.IsErrorRetryableFunc(IsTransient)},
			o.Retryables...)
		o.RateLimiter = noLimit{}
	})}
}

type retryer struct {
	*retry.Standard
	progress func(line string)
	end      time.Time // of all attempts; zero is never
}

// Until returns a retryer that makes no attempt after a time.
func Until(r aws.Retryer, end time.Time) aws.Retryer {
	if own, ok := r.(retryer); ok {
		own.end = end
		return own
	}
	return r
}

// RetryDelay returns the pause after an attempt, of which the first is 1. An error ends the call.
func (r retryer) RetryDelay(attempt int, err error) (time.Duration, error) {
	d, delayErr := r.Standard.RetryDelay(attempt, err)
	unreachable := isUnreachable(err)
	if unreachable {
		if attempt >= reachAttempts {
			return 0, err
		}
		d, delayErr = reachPause<<(attempt-1), nil
	}
	if !r.end.IsZero() && time.Now().Add(d).After(r.end) {
		return 0, err
	}
	if r.progress != nil && delayErr == nil && (unreachable || d >= noticeAfter) {
		r.progress(fmt.Sprintf("Waiting %v to call AWS again: %s", d.Round(time.Second/10), brief(err)))
	}
	return d, delayErr
}

// brief returns the reason of an error without the words of the SDK around it.
func brief(err error) string {
	if e, ok := errors.AsType[Refusal](err); ok {
		return said(e)
	}
	if e, ok := errors.AsType[*net.OpError](err); ok {
		return e.Error()
	}
	return err.Error()
}

// noLimit does not limit how many retries all calls together take: a deploy makes few calls, and
// must end.
type noLimit struct{}

func (noLimit) GetToken(context.Context, uint) (func() error, error) {
	return func() error { return nil }, nil
}
func (noLimit) AddTokens(uint) error { return nil }
