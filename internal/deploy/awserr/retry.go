package awserr

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
)

// MaxBackoff and maxAttempts are patient: the control plane of API Gateway takes a call every few seconds from an account, of some kinds one in
// half a minute. A call that
// it refuses for that is made again for some minutes.
// (https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html)
const (
	maxAttempts = 15
	MaxBackoff  = 30 * time.Second
)

// Retryer returns a retryer that makes calls again for some minutes, and that knows [IsTransient].
func Retryer() aws.Retryer {
	return retry.NewStandard(func(o *retry.StandardOptions) {
		o.MaxAttempts, o.MaxBackoff = maxAttempts, MaxBackoff
		o.Retryables = append([]retry.IsErrorRetryable{retry.IsErrorRetryableFunc(IsTransient)}, o.Retryables...)
		o.RateLimiter = noLimit{}
	})
}

// noLimit never gives up on retries for their number: a deploy makes few calls, and must end.
type noLimit struct{}

func (noLimit) GetToken(context.Context, uint) (func() error, error) {
	return func() error { return nil }, nil
}
func (noLimit) AddTokens(uint) error { return nil }
