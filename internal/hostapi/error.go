package hostapi

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/apigw"
)

// ErrNoValue means that a value was never set, or was removed.
var ErrNoValue = errors.New("there is no such value")

// ErrMethod means that the method and the parameters of a request do not go together.
var ErrMethod = errors.New("there is no such method here, or not with these parameters")

// A status is how an error that API Gateway does not know is answered.
type status struct {
	err  error
	code int
	kind string // for the X-Amzn-ErrorType header
}

func statuses() []status {
	return []status{
		{tyg.ErrInvalidGroup, http.StatusBadRequest, "InvalidGroupException"},
		{tyg.ErrConflict, http.StatusPreconditionFailed, "ConflictException"},
		{ErrNoValue, http.StatusNotFound, "NotFoundException"},
		{ErrMethod, http.StatusMethodNotAllowed, "MethodNotAllowedException"},
		{errors.ErrUnsupported, http.StatusMethodNotAllowed, "UnsupportedException"},
	}
}

// WriteError answers with err as [apigw.WriteError] does, and knows the errors of groups and values
// too.
func WriteError(w http.ResponseWriter, err error) {
	for _, s := range statuses() {
		if errors.Is(err, s.err) {
			err = &apigw.Denied{Status: s.code, Type: s.kind, Message: err.Error()}
			break
		}
	}
	apigw.WriteError(w, err)
}

// ReadError is the reverse of [WriteError]: it returns nil for status 200 to 299, else an error
// that is one of the root errors, [ErrNoValue] or an [*apigw.Denied]. message is that of the body.
func ReadError(code int, header http.Header, message string) error {
	err := apigw.ReadError(code, header, "", "")
	if err == nil {
		return nil
	}
	err = errors.Unwrap(err) // about no connection
	for _, s := range statuses() {
		if s.code == code && s.kind == header.Get("X-Amzn-Errortype") {
			return s.err
		}
	}
	if d, ok := errors.AsType[*apigw.Denied](err); ok {
		d.Message = message
		return d
	}
	if code >= 400 && code <= 499 && message != "" && !isKnown(err) {
		return fmt.Errorf("%w: %s", err, message)
	}
	return err
}

// isKnown reports whether err says by itself what is wrong.
func isKnown(err error) bool {
	for _, known := range []error{
		tyg.ErrGone, tyg.ErrThrottled, tyg.ErrTooLarge, tyg.ErrInvalidID, tyg.ErrNotText, tyg.ErrBinary,
		tyg.ErrUnavailable, tyg.ErrOutcomeUnknown,
	} {
		if errors.Is(err, known) {
			return true
		}
	}
	return false
}
