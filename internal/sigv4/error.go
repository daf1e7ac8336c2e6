package sigv4

import (
	"fmt"
	"net/http"
	"strings"
	"time"
)

// An Error says why a request is not authenticated. The message is AWS's own, for the client. The
// fields are those of apigw.Denied, so that one converts to the other.
type Error struct {
	Status  int    // HTTP status, always 403
	Type    string // the name of the error, for the X-Amzn-ErrorType header
	Message string
}

// Error returns the type and the message.
func (e *Error) Error() string { return e.Type + ": " + e.Message }

// The types of an Error.
// (https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html)
const (
	typeMissing    = "MissingAuthenticationTokenException"
	typeIncomplete = "IncompleteSignatureException"
	typeInvalid    = "InvalidSignatureException"
	typeUnknownKey = "UnrecognizedClientException"
)

func errUnsigned() error { return deny(typeMissing, "Missing Authentication Token") }

func errMismatch() error {
	return deny(typeInvalid, "The request signature we calculated does not match the "+
		"signature you provided. Check your AWS Secret Access Key and signing method. "+
		"Consult the service documentation for details.")
}

func errUnknownKey() error {
	return deny(typeUnknownKey, "The security token included in the request is invalid.")
}

// errMissingParams names all missing parameters at once, as AWS does.
func errMissingParams(place string, parts []string) error {
	sentences := make([]string, len(parts))
	for i, part := range parts {
		sentences[i] = fmt.Sprintf("%s requires '%s' parameter.", place, part)
	}
	return deny(typeIncomplete, strings.Join(sentences, " "))
}

func errNoDate() error {
	return deny(typeIncomplete,
		"Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.")
}

func errHostUnsigned() error {
	return deny(typeInvalid,
		"'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.")
}

func errExpired(at, oldest, now time.Time, skew time.Duration) error {
	return deny(typeInvalid, fmt.Sprintf("Signature expired: %s is now earlier than %s (%s - %s.)",
		at.Format(timeFormat), oldest.Format(timeFormat), now.Format(timeFormat), minutes(skew)))
}

func errFuture(at, newest, now time.Time, skew time.Duration) error {
	return deny(typeInvalid, fmt.Sprintf(
		"Signature not yet current: %s is still later than %s (%s + %s.)",
		at.Format(timeFormat), newest.Format(timeFormat), now.Format(timeFormat), minutes(skew)))
}

func minutes(d time.Duration) string {
	if d%time.Minute == 0 {
		return fmt.Sprintf("%d min", d/time.Minute)
	}
	return d.String()
}

func deny(kind, message string) error {
	return &Error{Status: http.StatusForbidden, Type: kind, Message: message}
}
