package dynamodb

import (
	"fmt"
	"strings"
)

// An Error is an error of DynamoDB.
type Error struct {
	Code    string // such as ValidationException
	Message string

	item    item     // that did not meet a condition, if the caller wants it
	reasons []reason // of TransactionCanceledException
}

// A reason says why an action of a transaction was not carried out.
type reason struct {
	Code    string
	Message string `json:",omitempty"`
	Item    item   `json:",omitempty"`
}

// Error implements error.
func (e *Error) Error() string { return e.Code + ": " + e.Message }

// body returns the error as it is sent.
func (e *Error) body() map[string]any {
	namespace := "com.amazonaws.dynamodb.v20120810"
	switch e.Code {
	case "ValidationException", "SerializationException", "UnknownOperationException":
		namespace = "com.amazon.coral.validate"
	}
	if strings.HasPrefix(e.Code, "Missing") {
		namespace = "com.amazon.coral.service"
	}
	out := map[string]any{"__type": namespace + "#" + e.Code, "message": e.Message}
	if e.item != nil {
		out["Item"] = e.item
	}
	if e.reasons != nil {
		out["CancellationReasons"] = e.reasons
		out["Message"] = e.Message // as transactions name it
		delete(out, "message")
	}
	return out
}

func invalid(format string, args ...any) error {
	return &Error{Code: "ValidationException", Message: fmt.Sprintf(format, args...)}
}

func serialization(format string, args ...any) error {
	return &Error{Code: "SerializationException", Message: fmt.Sprintf(format, args...)}
}

func notFound(format string, args ...any) error {
	return &Error{Code: "ResourceNotFoundException", Message: fmt.Sprintf(format, args...)}
}
