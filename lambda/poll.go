package lambda

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
)

// pollTimeout is how long the process waits for its next event: for ever. Lambda freezes it while
// it waits, for hours, and a timeout would end it at the next event.
// (https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html#runtimes-api-next)
const pollTimeout = 0

// An invocation is an event and what Lambda says about it.
type invocation struct {
	id       string
	deadline string // when Lambda ends the process, in Unix milliseconds
	traceID  string // of X-Ray; may be empty
	payload  []byte
}

// next waits for an event. Its payload is in buf.
func (a *runtimeAPI) next(ctx context.Context, buf *bytes.Buffer) (invocation, error) {
	res, err := a.do(ctx, http.MethodGet, "invocation/next", nil, nil)
	if err != nil {
		return invocation{}, fmt.Errorf("get event from Lambda: %w", err)
	}
	return readEvent(res, buf)
}

// readEvent reads an event into buf.
func readEvent(res *http.Response, buf *bytes.Buffer) (invocation, error) {
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return invocation{}, fmt.Errorf("get event from Lambda: %w", statusError(res))
	}
	buf.Reset()
	if _, err := buf.ReadFrom(res.Body); err != nil {
		return invocation{}, fmt.Errorf("read event from Lambda: %w", err)
	}
	inv := invocation{
		id:       res.Header.Get("Lambda-Runtime-Aws-Request-Id"),
		deadline: res.Header.Get("Lambda-Runtime-Deadline-Ms"),
		traceID:  res.Header.Get("Lambda-Runtime-Trace-Id"),
		payload:  buf.Bytes(),
	}
	if inv.id == "" {
		return invocation{}, errors.New("get event from Lambda: it has no request id")
	}
	return inv, nil
}
