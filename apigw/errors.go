package apigw

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/tyg-dev/tyg"
)

// errorTypeHeader names the error of a response. The SDKs dispatch on it and not on the body.
// (https://github.com/aws/aws-sdk-php/issues/2285)
const errorTypeHeader = "X-Amzn-Errortype"

// The values of that header. All but the last four are API Gateway's own.
// (https://github.com/boto/botocore, apigatewaymanagementapi/2018-11-29)
const (
	typeGone       = "GoneException"
	typeTooLarge   = "PayloadTooLargeException"
	typeThrottled  = "LimitExceededException"
	typeBadRequest = "BadRequestException"
	typeForbidden  = "ForbiddenException"
	typeInternal   = "InternalServerErrorException"
	typeNotText    = "NotTextException"
	typeBinary     = "BinaryMessageException"

	typeUnavailable = "ServiceUnavailableException"
	typeUnknown     = "OutcomeUnknownException"
)

// retryAfter is the Retry-After of a connection whose machine cannot be reached, in seconds.
const retryAfter = "1"

// A Denied says why a request to the @connections API was refused for its sender or its path.
// [WriteError] answers with exactly these three values.
type Denied struct {
	Status  int    // HTTP status, 400 to 499; zero means 403
	Type    string // for the X-Amzn-ErrorType header
	Message string // for the client; empty in what [ReadError] returns, which does not see the body
}

// Error says why the request was refused.
func (d *Denied) Error() string {
	if d.Message == "" {
		return "request was refused: " + d.Type
	}
	return fmt.Sprintf("request was refused: %s: %s", d.Type, d.Message)
}

// DenyUnsigned returns the Denied for a request without a signature.
// (https://github.com/aws-samples/simple-websockets-chat-app/issues/40)
func DenyUnsigned() *Denied {
	return &Denied{
		Status:  http.StatusForbidden,
		Type:    "MissingAuthenticationTokenException",
		Message: "Missing Authentication Token",
	}
}

// DenySignature returns the Denied for a wrong signature.
// (https://github.com/aws/aws-sdk-js-v3/issues/1830)
func DenySignature() *Denied {
	return &Denied{
		Status: http.StatusForbidden,
		Type:   "InvalidSignatureException",
		Message: "The request signature we calculated does not match the signature you provided. " +
			"Check your AWS Secret Access Key and signing method. " +
			"Consult the service documentation for details.",
	}
}

// DenyPath returns the Denied for an unknown path or stage.
// (https://github.com/aws-samples/simple-websockets-chat-app/issues/40)
func DenyPath() *Denied {
	return &Denied{Status: http.StatusForbidden, Type: typeForbidden, Message: Forbidden}
}

// WriteError answers a request to the @connections API as API Gateway answers err: with the status,
// X-Amzn-ErrorType header and body for this module's root errors and for [*Denied], and with 500
// "Internal server error" for any other error, whose text is not sent.
func WriteError(w http.ResponseWriter, err error) {
	d := describe(err)
	w.Header().Set(errorTypeHeader, d.Type)
	if d.Status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", retryAfter)
	}
	if d.Status == http.StatusGone {
		// The body is empty, and SDKs show a null message.
		// (https://github.com/aws/aws-sdk-java/issues/2200)
		w.WriteHeader(d.Status)
		return
	}
	body := append([]byte(`{"message":`), appendString(nil, d.Message)...)
	writeJSON(w, d.Status, append(body, '}'))
}

// describe returns what WriteError writes for err.
func describe(err error) Denied {
	switch {
	case errors.Is(err, tyg.ErrGone):
		return Denied{Status: http.StatusGone, Type: typeGone}
	case errors.Is(err, tyg.ErrThrottled):
		return Denied{http.StatusTooManyRequests, typeThrottled, TooManyRequests}
	case errors.Is(err, tyg.ErrTooLarge):
		return Denied{http.StatusRequestEntityTooLarge, typeTooLarge, "Request Too Long"}
	case errors.Is(err, tyg.ErrInvalidID):
		return Denied{http.StatusBadRequest, typeBadRequest, invalidIDMessage(err)}
	case errors.Is(err, tyg.ErrNotText):
		return Denied{http.StatusBadRequest, typeNotText, "Message is not valid UTF-8 text"}
	case errors.Is(err, tyg.ErrBinary):
		return Denied{http.StatusBadRequest, typeBinary, "Binary messages are not enabled"}
	case errors.Is(err, tyg.ErrUnavailable):
		return Denied{http.StatusServiceUnavailable, typeUnavailable, unavailable}
	case errors.Is(err, tyg.ErrOutcomeUnknown):
		return Denied{http.StatusGatewayTimeout, typeUnknown, outcomeUnknown}
	}
	if d, ok := errors.AsType[*Denied](err); ok {
		return withStatus(*d)
	}
	return Denied{http.StatusInternalServerError, typeInternal, InternalServerError}
}

// What callers are told of a connection on a machine that does not answer.
const (
	unavailable    = "The machine that holds the connection cannot be reached; nothing was done"
	outcomeUnknown = "The machine that holds the connection did not answer; it may have done it"
)

// withStatus replaces a status that is not a client error by 403; net/http panics on an invalid
// one.
func withStatus(d Denied) Denied {
	if d.Status < 400 || d.Status > 499 {
		d.Status = http.StatusForbidden
	}
	return d
}

// invalidIDMessage returns API Gateway's message for a malformed id.
// (https://github.com/dherault/serverless-offline/issues/749)
func invalidIDMessage(err error) string {
	if e, ok := errors.AsType[*tyg.ConnError](err); ok {
		return "Invalid connectionId: " + string(e.ID)
	}
	return "Invalid connectionId"
}

// ReadError is the reverse of [WriteError], for clients: it returns nil for status 200 to 299,
// and otherwise a [*tyg.ConnError] about id with one of the root errors, a [*Denied] for 401
// and 403, or an error that names the status. op is the method, as in [tyg.ConnError].
func ReadError(status int, header http.Header, id tyg.ConnID, op string) error {
	if status >= 200 && status <= 299 {
		return nil
	}
	return &tyg.ConnError{Op: op, ID: id, Err: readError(status, errorType(header))}
}

func readError(status int, kind string) error {
	switch status {
	case http.StatusGone:
		return tyg.ErrGone
	case http.StatusTooManyRequests:
		return tyg.ErrThrottled
	case http.StatusRequestEntityTooLarge:
		return tyg.ErrTooLarge
	case http.StatusUnauthorized, http.StatusForbidden:
		return &Denied{Status: status, Type: kind}
	case http.StatusServiceUnavailable:
		if kind == typeUnavailable { // without it, a proxy may have answered
			return tyg.ErrUnavailable
		}
	case http.StatusGatewayTimeout:
		if kind == typeUnknown {
			return tyg.ErrOutcomeUnknown
		}
	case http.StatusBadRequest:
		switch kind {
		case typeBadRequest:
			return tyg.ErrInvalidID
		case typeNotText:
			return tyg.ErrNotText
		case typeBinary:
			return tyg.ErrBinary
		}
	}
	return fmt.Errorf("unexpected answer: HTTP status %d %s", status, kind)
}

// errorType returns the bare name of the error. Services may put a namespace and "#" before it, and
// ":" and a URL behind it.
// (https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html#operation-error-serialization)
func errorType(header http.Header) string {
	name, _, _ := strings.Cut(header.Get(errorTypeHeader), ":")
	if _, after, ok := strings.Cut(name, "#"); ok {
		return after
	}
	return name
}
