package awserr

import (
	"errors"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// IsTransient corrects what the SDK retries: it is true for refusals that pass although the SDK
// does not retry them, false for refusals that do not pass although the SDK does, and otherwise
// unknown.
//
// Services report concurrent changes of the same resource in different words
// (https://github.com/hashicorp/terraform-provider-aws/issues/18018,
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html).
// The SDK retries LimitExceededException as throttling; it may also be a quota.
func IsTransient(err error) aws.Ternary {
	// The SDK retries whatever goes wrong with a connection.
	if isStranger(err) {
		return aws.FalseTernary
	}
	e, ok := errors.AsType[Refusal](err)
	if !ok {
		return aws.UnknownTernary
	}
	switch text := e.ErrorMessage(); {
	case e.ErrorCode() == "OperationAbortedException", e.ErrorCode() == "ConcurrentModification",
		strings.Contains(text, "concurrent modification"):
		return aws.TrueTernary
	case isQuota(e):
		return aws.FalseTernary
	}
	return aws.UnknownTernary
}

// isQuota reports that a quota forbids a call for good. The codes are also those of calls that are
// throttled, and of too many changes at once: those pass.
// (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html,
// https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis.html)
func isQuota(e Refusal) bool {
	text := strings.ToLower(e.ErrorMessage())
	switch e.ErrorCode() {
	case "LimitExceeded", "LimitExceededException":
		return !containsAny(text, "simultaneous", "concurrent", "rate", "throttl", "too many requests",
			"try again")
	case "TooManyRequestsException":
		return containsAny(text, "maximum number of", "has been reached", "quota")
	}
	return false
}

func containsAny(text string, parts ...string) bool {
	return slices.ContainsFunc(parts, func(part string) bool { return strings.Contains(text, part) })
}
