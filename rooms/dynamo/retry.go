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
	// attempts is how often a request is tried; attemptsUnheard, how often when there is no answer
	// or a bad one. Waiting for all of them takes some 10 s and 300 ms, of which a context that
	// ends sooner sees a part.
	attempts        = 12
	attemptsUnheard = 5

	// The wait before the second attempt is up to firstWait, before each other up to twice that of
	// the one before, and none above maxWait.
	firstWait = 25 * time.Millisecond
	maxWait   = 2 * time.Second
)

// errConflict means that the condition of a write did not hold.
var errConflict = errors.New("somebody else has written it")

// An unheardError wraps the error of a write of which nobody knows whether it was made.
type unheardError struct{ error }

func (e unheardError) Unwrap() error { return e.error }

// try makes a request again while it is worth it: after an answer that it is too much, with which
// nothing was written, and after none. In the second case the write may have been made, and the
// next attempt of a conditional write then fails because of the first. The SDK would report that
// as a conflict with somebody else; here the conflict comes as an [unheardError].
func (s *Store) try(ctx context.Context, what string, do func() error) error {
	unheard := false
	for n := 1; ; n++ {
		err := do()
		verdict := judge(err)
		switch verdict {
		case fine:
			return nil
		case conflict:
			if unheard {
				return unheardError{errConflict}
			}
			return errConflict
		case unknown:
			unheard = true
		}
		last := verdict == refused || n == attempts || verdict == unknown && n >= attemptsUnheard
		if last || ctx.Err() != nil || !s.pause(ctx, n) {
			err = fmt.Errorf("%s in table %s: %w", what, s.cfg.Table, err)
			if unheard {
				return unheardError{err}
			}
			return err
		}
	}
}

// pause waits before the attempt after the nth, and reports whether it came to the end.
func (s *Store) pause(ctx context.Context, n int) bool {
	limit := min(firstWait<<(n-1), maxWait)
	select {
	case <-ctx.Done():
		return false
	case <-s.after(rand.N(limit) + 1):
		return true
	}
}

// A verdict is what an error of DynamoDB means for the request.
type verdict int

const (
	fine     verdict = iota
	conflict         // the condition did not hold
	tooMuch          // not done, may be tried again
	unknown          // nobody knows whether it was done
	refused          // not done, and would not be
)

// judge goes by the codes of errors.
// (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html)
func judge(err error) verdict {
	if err == nil {
		return fine
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
		return tooMuch
	case "InternalServerError", "InternalFailure", "ServiceUnavailable", "UnknownError", "":
		return unknown
	}
	return refused
}
