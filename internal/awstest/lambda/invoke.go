package lambda

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/tyg-dev/tyg/internal/awstest/account"
	"github.com/tyg-dev/tyg/internal/awstest/wire"
)

// Limits of an event, in bytes. (https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html)
const (
	maxEvent      = 6 << 20
	maxAsyncEvent = 1 << 20
)

func (s *State) invokeFunction(in wire.Params) (map[string]any, error) {
	f, qualifier, err := s.findQualified(in)
	if err != nil {
		return nil, err
	}
	kind := in.Str("InvocationType")
	if err := f.invocable(kind, in.Blob("Payload")); err != nil {
		return nil, err
	}
	if kind == "DryRun" {
		return map[string]any{"StatusCode": http.StatusNoContent}, nil
	}
	if a := f.aliases[qualifier]; a != nil {
		qualifier = a.target()
	}
	v := f.at(qualifier)
	reply, failure := s.run(f.public(v), in.Blob("Payload"))
	if kind == "Event" {
		return map[string]any{"StatusCode": http.StatusAccepted}, nil
	}
	out := map[string]any{
		"StatusCode": http.StatusOK, "ExecutedVersion": v.number, "Payload": reply,
	}
	if failure != "" {
		out["FunctionError"] = failure
	}
	if in.Str("LogType") == "Tail" {
		out["LogResult"] = base64.StdEncoding.EncodeToString([]byte(s.tail()))
	}
	return out, nil
}

// invocable is nil if the function can take this event.
func (f *function) invocable(kind string, event []byte) error {
	limit := maxEvent
	if kind == "Event" {
		limit = maxAsyncEvent
	}
	switch {
	case len(event) > limit:
		return wire.Fail(http.StatusRequestEntityTooLarge, "RequestTooLargeException",
			"%d byte payload is too large for the %s invocation type (limit %d bytes)",
			len(event), kind, limit)
	case len(event) > 0 && !json.Valid(event):
		return wire.Fail(http.StatusBadRequest, "InvalidRequestContentException",
			"Could not parse request body into json")
	case f.reserved != nil && *f.reserved == 0:
		return wire.Fail(http.StatusTooManyRequests, "TooManyRequestsException", "Rate Exceeded.")
	case account.Poll(&f.pending):
		return conflict("The operation cannot be performed at this time. "+
			"The function is currently in the following state: %s", "Pending")
	}
	return nil
}

// run gives an event to the function.
func (s *State) run(f Function, event []byte) (reply []byte, failure string) {
	if s.Run == nil {
		return []byte("null"), ""
	}
	return s.Run(f, event)
}

// tail returns log lines of an invocation.
// (https://docs.aws.amazon.com/lambda/latest/dg/golang-logging.html)
func (s *State) tail() string {
	id := s.NewUUID()
	return fmt.Sprintf("START RequestId: %[1]s Version: $LATEST\nEND RequestId: %[1]s\n"+
		"REPORT RequestId: %[1]s\tDuration: 1.00 ms\tBilled Duration: 1 ms\tMemory Size: 128 MB\t"+
		"Max Memory Used: 20 MB\t\n", id)
}
