package runtimeapi

import (
	"encoding/json"
	"strconv"
)

// A Failure is the report of a process that it cannot handle an event, or cannot start.
type Failure struct {
	Type    string   // may be empty
	Message string   // may be empty
	Stack   []string // may be empty
	Payload []byte   // the whole report, always JSON
}

// ErrorJSON returns the JSON by which Lambda reports an error.
func ErrorJSON(kind, message string) []byte {
	b, _ := json.Marshal(struct { // strings always have a JSON form
		Message string `json:"errorMessage"`
		Type    string `json:"errorType"`
	}{message, kind})
	return b
}

func newFailure(kind, message string) *Failure {
	return &Failure{Type: kind, Message: message, Payload: ErrorJSON(kind, message)}
}

// parseFailure reads the report of a failure. The kind comes from the header, may be empty, and
// wins over the kind in the body.
func parseFailure(kind string, body []byte) *Failure {
	var in struct {
		Message string            `json:"errorMessage"`
		Type    string            `json:"errorType"`
		Stack   []json.RawMessage `json:"stackTrace"`
		Trace   []json.RawMessage `json:"trace"` // in the words of the runtime for Node.js
	}
	f := &Failure{Type: kind, Payload: body}
	if json.Unmarshal(body, &in) != nil { // a stack of another shape, or no JSON at all
		if !json.Valid(body) {
			return newFailure(kind, string(body))
		}
		return f
	}
	f.Message = in.Message
	if f.Type == "" {
		f.Type = in.Type
	}
	for _, raw := range append(in.Stack, in.Trace...) {
		f.Stack = append(f.Stack, stackLine(raw))
	}
	if len(f.Stack) > 0 && f.Stack[0] == in.Type+": "+in.Message {
		f.Stack = f.Stack[1:] // a stack of Node.js begins with the error itself
	}
	return f
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
