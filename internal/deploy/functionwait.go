package deploy

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
)

const (
	// A new role is known everywhere within some seconds, and sometimes a minute.
	roleLimit = 2 * time.Minute
	// A function in a VPC may have to wait for its network interfaces.
	functionLimit = 10 * time.Minute
)

// asRole makes a call until Lambda can assume the role of a function.
func (r *run) asRole(ctx context.Context, fn Function, call func() error) error {
	_, role, _ := strings.Cut(r.roleOf(fn), ":role/")
	told := false
	return r.again(ctx, "wait for IAM role "+role, roleLimit, call, func(err error) bool {
		wait := isRoleNotReady(err)
		if wait && !told {
			r.progress("Waiting for IAM role " + role + " to be usable")
			told = true
		}
		return wait
	})
}

// isRoleNotReady reports whether Lambda does not know a role yet, or not yet what it may do. Only
// the text tells that from other wrong parameters.
func isRoleNotReady(err error) bool {
	if _, ok := errors.AsType[*types.InvalidParameterValueException](err); !ok {
		return false
	}
	text := err.Error()
	return strings.Contains(text, "cannot be assumed by Lambda") ||
		strings.Contains(text, "role does not have permissions") ||
		strings.Contains(text, "role defined for the function does not have permissions") ||
		strings.Contains(text, "KMS key is invalid for CreateGrant") ||
		strings.Contains(text, "throttled by EC2") // of functions in a VPC
}

// whenIdle makes a call until nothing else is being done with a function, such as what an earlier
// deploy has begun.
func (r *run) whenIdle(ctx context.Context, function string, call func() error) error {
	return r.again(ctx, "wait for function "+function, functionLimit, call, func(err error) bool {
		_, busy := errors.AsType[*types.ResourceConflictException](err)
		return busy
	})
}

// again makes a call until its error is another than one for which later reports that it will pass.
func (r *run) again(
	ctx context.Context, what string, limit time.Duration, call func() error, later func(error) bool,
) error {
	var last error
	passing := false
	err := r.await(ctx, what, limit, func() (bool, error) {
		last = call()
		passing = later(last)
		if passing {
			return false, nil
		}
		return true, last
	})
	if passing {
		return fmt.Errorf("%w; AWS said last: %w", err, last)
	}
	return err
}

// settle waits until Lambda is done with a function, and returns it. It is an error if that did not
// work.
func (r *run) settle(ctx context.Context, name string) (have *foundFunction, err error) {
	err = r.await(ctx, "wait for function "+name, functionLimit, func() (bool, error) {
		var err error
		have, err = r.getFunction(ctx, name)
		return have != nil && have.settled(), err
	})
	switch {
	case err != nil:
		return nil, err
	case have.failed():
		return nil, fmt.Errorf("function %s could not be made: %s", name, have.reason)
	case have.lastUpdate == types.LastUpdateStatusFailed:
		return nil, fmt.Errorf("function %s could not be changed: %s", name, have.reason)
	}
	return have, nil
}
