package functions

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
)

// errorJSON is how Lambda says that something failed.
func errorJSON(kind, message string) []byte {
	b, _ := json.Marshal(struct { // strings always have a JSON form
		Message string `json:"errorMessage"`
		Type    string `json:"errorType"`
	}{message, kind})
	return b
}

// errorPayload is what the Invoke API answers for an error that is the function's, else nil.
// (https://github.com/aws/aws-lambda-runtime-interface-emulator)
func errorPayload(err error, id string) []byte {
	if e, ok := errors.AsType[*FunctionError](err); ok {
		return e.Payload
	}
	said := func(kind, text string) []byte {
		return errorJSON(kind, "RequestId: "+id+" Error: "+text)
	}
	if e, ok := errors.AsType[*TimeoutError](err); ok {
		return said("Sandbox.Timedout",
			fmt.Sprintf("Task timed out after %.2f seconds", e.Limit.Seconds()))
	}
	if e, ok := errors.AsType[*ExitError](err); ok {
		if e.Code == 0 {
			return said("Runtime.ExitError", "Runtime exited without providing a reason")
		}
		return said("Runtime.ExitError", "Runtime exited with error: "+e.Status)
	}
	if e, ok := errors.AsType[*StartError](err); ok {
		return said("Runtime.InvalidEntrypoint", e.Err.Error())
	}
	return nil
}

// newFunctionError reads what a function says about its failure. The header, if there is one, says
// the type.
func newFunctionError(function, kind string, body []byte) *FunctionError {
	var in struct {
		Message string            `json:"errorMessage"`
		Type    string            `json:"errorType"`
		Stack   []json.RawMessage `json:"stackTrace"`
	}
	e := &FunctionError{Function: function, Type: kind, Payload: body}
	if json.Unmarshal(body, &in) != nil { // a stack of another shape, or no JSON at all
		if !json.Valid(body) {
			e.Message = string(body)
			e.Payload = errorJSON(kind, e.Message)
		}
		return e
	}
	e.Message = in.Message
	if e.Type == "" {
		e.Type = in.Type
	}
	for _, raw := range in.Stack {
		e.Stack = append(e.Stack, stackLine(raw))
	}
	return e
}

// stackLine reads one line of a stack: a string, or an object as aws-lambda-go writes it.
func stackLine(raw json.RawMessage) string {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return text
	}
	var frame struct {
		Path  string `json:"path"`
		Line  int    `json:"line"`
		Label string `json:"label"`
	}
	if json.Unmarshal(raw, &frame) != nil || frame.Path == "" {
		return string(raw)
	}
	return frame.Label + " (" + frame.Path + ":" + strconv.Itoa(frame.Line) + ")"
}
