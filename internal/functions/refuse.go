package functions

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/tyg-dev/tyg/internal/sigv4"
)

// A fault is an answer of the Invoke API that is an error of its own, not the function's.
// (https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html#API_Invoke_Errors)
type fault struct {
	status  int
	kind    string
	message string
}

// Error returns the kind and the message.
func (f fault) Error() string { return f.kind + ": " + f.message }

func invalid(format string, args ...any) fault {
	return fault{
		http.StatusBadRequest, "InvalidParameterValueException", fmt.Sprintf(format, args...),
	}
}

var errNotJSON = fault{
	http.StatusBadRequest, "InvalidRequestContentException",
	"Could not parse request body into json: the payload is not JSON",
}

// asFault translates an error. One that nobody knows says nothing about itself.
func asFault(err error) fault {
	if f, ok := errors.AsType[fault](err); ok {
		return f
	}
	if e, ok := errors.AsType[*sigv4.Error](err); ok {
		return fault{e.Status, e.Type, e.Message}
	}
	switch {
	case errors.Is(err, ErrNotFound):
		return fault{http.StatusNotFound, "ResourceNotFoundException", "Function not found"}
	case errors.Is(err, ErrTooLarge):
		return fault{
			http.StatusRequestEntityTooLarge, "RequestTooLargeException",
			"Request must be smaller than 6291456 bytes for the InvokeFunction operation",
		}
	case errors.Is(err, ErrThrottled):
		return fault{http.StatusTooManyRequests, "TooManyRequestsException", "Rate Exceeded."}
	case errors.Is(err, ErrShutdown), errors.Is(err, context.Canceled):
		return fault{http.StatusServiceUnavailable, "ServiceException", "The functions are shut down"}
	}
	return fault{http.StatusInternalServerError, "ServiceException", "Internal error"}
}

// refuse answers with a fault, as AWS SDKs read it.
func (a *API) refuse(w http.ResponseWriter, r *http.Request, f fault) {
	if a.Logger != nil {
		a.Logger.Warn("invocation refused", "path", r.URL.Path, "from", r.RemoteAddr, "err", f)
	}
	h := w.Header()
	h.Set("X-Amzn-Errortype", f.kind)
	h.Set("Content-Type", "application/json")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(f.status)
	b, _ := json.Marshal(struct { // strings always have a JSON form
		Type    string `json:"Type"`
		Message string `json:"Message"`
	}{"User", f.message})
	_, _ = w.Write(b) // a client that has gone needs no answer
}

// authorize lets a call through that is signed by someone who may make it.
func (a *API) authorize(r *http.Request, body []byte) error {
	if a.Secrets == nil {
		if !sigv4.IsLocal(r) {
			return errForeign
		}
		return sigv4.WellFormed(r)
	}
	v := sigv4.Verifier{Service: "lambda", Keys: func(id string) (string, bool) {
		secret, ok := a.Secrets[id]
		return secret, ok
	}}
	_, err := v.Verify(r, body)
	return err
}

var errForeign = fault{
	http.StatusForbidden, "AccessDeniedException",
	"Without keys, only programs on this machine may invoke",
}
