package api

import (
	"context"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2/types"

	"github.com/tyg-dev/tyg/internal/deploy/awserr"
)

// createOnce makes something in API Gateway that would be there twice if AWS were asked twice: it is AWS
// that chooses the id. So a call whose answer is lost is not made again before find has looked for
// what it may have made. create must pass [throttledOnly] to its call; find returns "" if there is
// nothing.
func (r run) createOnce(
	ctx context.Context, create func() (string, error), find func() (string, error),
) (string, error) {
	const attempts = 3
	for attempt := 1; ; attempt++ {
		id, err := create()
		if err == nil || refused(err) || ctx.Err() != nil {
			return id, err
		}
		id, findErr := find()
		if findErr != nil {
			return "", errors.Join(err, findErr)
		}
		if id != "" || attempt == attempts {
			return id, errUnless(id != "", err)
		}
		if err := r.Pause(ctx, time.Duration(attempt)*time.Second); err != nil {
			return "", err
		}
	}
}

func errUnless(fine bool, err error) error {
	if fine {
		return nil
	}
	return err
}

// refused reports whether AWS has answered that it does not do what it was asked for. Any other
// error may have come after the effect.
func refused(err error) bool {
	var answer interface{ HTTPStatusCode() int }
	return errors.As(err, &answer) && answer.HTTPStatusCode()/100 == 4
}

// throttledOnly makes a call again if AWS was too busy for it, and for no other reason.
func throttledOnly(o *apigatewayv2.Options) { o.Retryer = throttled{o.Retryer} }

type throttled struct{ aws.Retryer }

func (t throttled) IsErrorRetryable(err error) bool {
	code := retry.ThrottleErrorCode{Codes: retry.DefaultThrottleErrorCodes}
	return awserr.IsTransient(err) == aws.TrueTernary ||
		code.IsErrorThrottle(err) == aws.TrueTernary && t.Retryer.IsErrorRetryable(err)
}

// pages collects what AWS lists a page at a time.
func pages[T any](list func(token *string) ([]T, *string, error)) ([]T, error) {
	var all []T
	var token *string
	for {
		items, next, err := list(token)
		if err != nil {
			return nil, err
		}
		all = append(all, items...)
		if aws.ToString(next) == "" {
			return all, nil
		}
		token = next
	}
}

// notInGateway reports whether API Gateway says that there is no such thing.
func notInGateway(err error) bool {
	_, ok := errors.AsType[*types.NotFoundException](err)
	return ok
}

// ignoreGone drops the error of deleting what is not there.
func ignoreGone(err error) error { return errUnless(notInGateway(err), err) }
