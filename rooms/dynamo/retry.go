package dynamo

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
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

// errConflict means that the condition of a write did not hold.
var errConflict = errors.New("changed by another request")

// An unansweredError wraps the error of a write that may have been made or not.
type unansweredError struct{ error }

func (e unansweredError) Unwrap() error { return e.error }

// retry repeats a request that is throttled or not answered. A throttled request wrote nothing. One
// without an answer may have written, and then makes the next attempt of a conditional write fail.
// The SDK would report that as a conflict with another request; retry returns the conflict as an
// [unansweredError].
func (s *Store) retry(ctx context.Context, what string, do func() error) error {
	unanswered := false
	for n := 1; ; n++ {
		err := do()
		outcome := classify(err)
		switch outcome {
		case succeeded:
			return nil
		case conflict:
			if unanswered {
				return unansweredError{errConflict}
			}
			return errConflict
		case unknown:
			unanswered = true
		}
		last := outcome == rejected || n == maxAttempts ||
			outcome == unknown && n >= maxUnanswered
		if last || ctx.Err() != nil || !s.backOff(ctx, n) {
			err = fmt.Errorf("%s in table %s: %w", what, s.cfg.Table, err)
			if unanswered {
				return unansweredError{err}
			}
			return err
		}
	}
}

// backOff waits after the nth attempt, and reports false if the context ended meanwhile.
func (s *Store) backOff(ctx context.Context, n int) bool {
	limit := min(firstWait<<(n-1), maxWait)
	select {
	case <-ctx.Done():
		return false
	case <-s.after(rand.N(limit) + 1):
		return true
	}
}

// An outcome is what an error of DynamoDB means for the request.
type outcome int

const (
	succeeded outcome = iota
	conflict          // the condition did not hold
	throttled         // not done, may be tried again
	unknown           // it is unknown whether it was done
	rejected          // not done, and a retry would not help
)

// classify returns the outcome for the code of an error.
// (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html)
func classify(err error) outcome {
	if err == nil {
		return succeeded
	}
	if _, ok := errors.AsType[*types.ConditionalCheckFailedException](err); ok {
		return conflict
	}
	api, ok := errors.AsType[interface {
		error
		ErrorCode() string
	}](err)
	if !ok {
		return unknown
	}
	switch api.ErrorCode() {
	case "ProvisionedThroughputExceededException", "RequestLimitExceeded", "ThrottlingException",
		"LimitExceededException":
		return throttled
	case "InternalServerError", "InternalFailure", "ServiceUnavailable", "UnknownError", "":
		return unknown
	}
	return rejected
}
