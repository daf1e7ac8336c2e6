package awserr

import (
	"crypto/tls"
	"errors"
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
// The SDK retries LimitExceededException as throttling; it may also be a limit on the number of
// resources.
func IsTransient(err error) aws.Ternary {
	// The SDK retries whatever goes wrong with a connection.
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
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
	case e.ErrorCode() == "LimitExceededException" && strings.Contains(text, "Maximum number of"):
		return aws.FalseTernary
	}
	return aws.UnknownTernary
}
