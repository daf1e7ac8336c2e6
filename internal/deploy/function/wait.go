package function

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/tyg-dev/tyg/internal/deploy/plan"
	"github.com/tyg-dev/tyg/internal/deploy/spec"
)

// functionLimit is how long to wait for a function. One in a VPC may have to wait for its network
// interfaces.
const functionLimit = 10 * time.Minute

// retryUntilAssumable repeats a call until Lambda can assume the role of a function.
func (r run) retryUntilAssumable(ctx context.Context, fn spec.Function, call func() error) error {
	_, role, _ := strings.Cut(r.roleOf(fn), ":role/")
	reported := false
	return r.RetryWhile(ctx, "IAM role "+role, plan.IAMDelay, call, func(err error) bool {
		wait := isRoleNotReady(err)
		if wait && !reported {
			r.Progress("Waiting for IAM role " + role + " to be usable")
			reported = true
		}
		return wait
	})
}

// isRoleNotReady reports whether Lambda does not know a new role, or its policy, yet. Only the text
// distinguishes that from other invalid parameters.
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

// retryWhileBusy repeats a call while another change of a function is in progress, such as one of
// an earlier deploy.
func (r run) retryWhileBusy(ctx context.Context, function string, call func() error) error {
	return r.RetryWhile(ctx, "function "+function, functionLimit, call, func(err error) bool {
		_, busy := errors.AsType[*types.ResourceConflictException](err)
		return busy
	})
}

// settle waits until Lambda has finished the last change of a function, and returns the function.
// If the change failed, it returns why.
func (r run) settle(ctx context.Context, name string) (have *foundFunction, err error) {
	err = r.Await(ctx, "function "+name, functionLimit, func() (bool, error) {
		var err error
		have, err = r.get(ctx, name)
		return have != nil && have.settled(), err
	})
	switch {
	case err != nil:
		return nil, err
	case have.failed():
		return nil, fmt.Errorf("create function %s: %s", name, have.reason)
	case have.lastUpdate == types.LastUpdateStatusFailed:
		return nil, fmt.Errorf("update function %s: %s", name, have.reason)
	}
	return have, nil
}
