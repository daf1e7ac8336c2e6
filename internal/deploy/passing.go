package deploy

import (
	"errors"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// passing tells of refusals that pass by themselves, though the SDK does not know that, and of those
// that do not, though it believes so.
//
// Services say in different words that somebody else is at the same thing
// (https://github.com/hashicorp/terraform-provider-aws/issues/18018,
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html). The SDK
// takes LimitExceededException for throttling, which of numbers of things it is not.
func passing(err error) aws.Ternary {
	e, ok := errors.AsType[apiError](err)
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
