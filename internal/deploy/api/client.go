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
	"github.com/tyg-dev/tyg/internal/deploy/plan"
)

// A client calls API Gateway.
type client struct {
	*apigatewayv2.Client
	region string
}

// A planner plans the API and the custom domain name.
type planner struct {
	*plan.Planner
	client client
	found  found
}

// A run carries out the steps of the API and the custom domain name.
type run struct {
	*plan.Run
	client
}

func (c client) run(r *plan.Run) run { return run{r, c} }

// createOnce creates a resource of API Gateway, and returns its id. AWS chooses the id, so a retry
// would create a second one: if the answer is lost, createOnce calls find before it calls create
// again. create must pass [throttledOnly] to its call; find returns "" if there is no such
// resource.
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

// refused reports whether AWS has refused the call. With any other error the call may have taken
// effect.
func refused(err error) bool {
	var answer interface{ HTTPStatusCode() int }
	return errors.As(err, &answer) && answer.HTTPStatusCode()/100 == 4
}

// throttledOnly retries only calls that AWS has throttled.
func throttledOnly(o *apigatewayv2.Options) { o.Retryer = throttled{o.Retryer} }

type throttled struct{ aws.Retryer }

func (t throttled) IsErrorRetryable(err error) bool {
	code := retry.ThrottleErrorCode{Codes: retry.DefaultThrottleErrorCodes}
	return awserr.IsTransient(err) == aws.TrueTernary ||
		code.IsErrorThrottle(err) == aws.TrueTernary && t.Retryer.IsErrorRetryable(err)
}

// pages collects the items of all pages of a list.
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

// notInGateway reports whether the resource does not exist.
func notInGateway(err error) bool {
	_, ok := errors.AsType[*types.NotFoundException](err)
	return ok
}

// ignoreGone returns nil if the resource to delete does not exist.
func ignoreGone(err error) error { return errUnless(notInGateway(err), err) }
