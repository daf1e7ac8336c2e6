package awserr

import (
	"context"
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

// Retryer returns a retryer that makes calls again for some minutes, and that knows [IsTransient].
func Retryer() aws.Retryer {
	return retry.NewStandard(func(o *retry.StandardOptions) {
		o.MaxAttempts, o.MaxBackoff = maxAttempts, MaxBackoff
		o.Retryables = append([]retry.IsErrorRetryable{retry.IsErrorRetryableFunc(IsTransient)},
			o.Retryables...)
		o.RateLimiter = noLimit{}
	})
}

// noLimit does not limit how many retries all calls together take: a deploy makes few calls, and
// must end.
type noLimit struct{}

func (noLimit) GetToken(context.Context, uint) (func() error, error) {
	return func() error { return nil }, nil
}
func (noLimit) AddTokens(uint) error { return nil }
