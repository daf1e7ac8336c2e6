package awserr

import (
	"errors"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// IsTransient reports whether a refusal will pass by itself, where the SDK does not know that, or will not,
// where the SDK believes it. Of all other errors it knows nothing.
//
// Services say in different words that the same thing is being changed at the same time
// (https://github.com/hashicorp/terraform-provider-aws/issues/18018,
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html). The SDK
// takes LimitExceededException for throttling; where it limits how many things there are, it is not.
func IsTransient(err error) aws.Ternary {
	e, ok := errors.AsType[Refusal](err)
	if !ok {
		return aws.UnknownTernary
	}
	switch text := e.ErrorMessage(); {
	case e.ErrorCode() == "OperationAbortedException", e.ErrorCode() == "ConcurrentModification",
		strings.Contains(text, "concurrent modification"):
		return aws.TrueTernary
	case e.ErrorCode() == "LimitExceededException" && strings.Contains(text, "Maximum number of"):
		return aws.FalseTernary
	}
	return aws.UnknownTernary
}
