package invokeapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/tyg-dev/tyg/internal/functions"
	"github.com/tyg-dev/tyg/internal/otherapi"
	"github.com/tyg-dev/tyg/internal/sigv4"
)

// A fault is an error of the API itself. An error of the function is a result, with status 200.
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

var (
	errOperation = fault{http.StatusNotFound, "UnknownOperationException", otherapi.Message}
	errMethod    = fault{http.StatusMethodNotAllowed, "MethodNotAllowedException", "Use POST"}
	errReference = fault{
		http.StatusBadRequest, "ValidationException",
		"The function name is neither a name nor an ARN of a function",
	}
	errNotJSON = fault{
		http.StatusBadRequest, "InvalidRequestContentException",
		"Could not parse request body into json: the payload is not JSON",
	}
	errBusy = fault{
		http.StatusTooManyRequests, "TooManyRequestsException",
		"Too many payloads are in memory; try again",
	}
	errNotLocal = fault{
		http.StatusForbidden, "AccessDeniedException",
		"Without keys, only programs on this machine may invoke",
	}
)

// toFault translates an error. The text of an unexpected error does not reach the client.
func toFault(err error) fault {
	if f, ok := errors.AsType[fault](err); ok {
		return f
	}
	if e, ok := errors.AsType[*sigv4.Error](err); ok {
		return fault{e.Status, e.Type, e.Message}
	}
	switch {
	case errors.Is(err, functions.ErrNotFound):
		return fault{http.StatusNotFound, "ResourceNotFoundException", "Function not found"}
	case errors.Is(err, functions.ErrTooLarge):
		return fault{
			http.StatusRequestEntityTooLarge, "RequestTooLargeException",
			"Request must be smaller than 6291456 bytes for the InvokeFunction operation",
		}
	case errors.Is(err, functions.ErrThrottled):
		return fault{http.StatusTooManyRequests, "TooManyRequestsException", "Rate Exceeded."}
	case errors.Is(err, functions.ErrShutdown), errors.Is(err, context.Canceled):
		return fault{http.StatusServiceUnavailable, "ServiceException", "The functions are shut down"}
	}
	return fault{http.StatusInternalServerError, "ServiceException", "Internal error"}
}

// How many refusals of a kind are logged in a window. The rest is counted in the next line.
const (
	linesPerWindow = 10
	lineWindow     = 10 * time.Second
)

func (h *Handler) logRefusal(r *http.Request, f fault) {
	ok, left := h.lines.Allow(f.kind, time.Now())
	if h.Logger == nil || !ok {
		return
	}
	attrs := []any{"path", r.URL.Path, "from", r.RemoteAddr, "err", f}
	if left > 0 {
		attrs = append(attrs, "more", left)
	}
	h.Logger.Warn("invocation refused", attrs...)
}

// refuse answers with a fault, in the form that AWS SDKs read.
func (h *Handler) refuse(w http.ResponseWriter, r *http.Request, f fault) {
	h.logRefusal(r, f)
	header := w.Header()
	header.Set("X-Amzn-Errortype", f.kind)
	header.Set("Content-Type", "application/json")
	header.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(f.status)
	b, _ := json.Marshal(struct { // strings always have a JSON form
		Type    string `json:"Type"`
		Message string `json:"Message"`
	}{"User", f.message})
	_, _ = w.Write(b) // it fails if the client is gone
}
