package harness

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net"
	"slices"
	"strings"
)

// A Notice is what the probe reports about an event.
type Notice struct {
	Event       Event  `json:"event"`
	Bytes       int    `json:"bytes"`
	SHA256      string `json:"sha256"`
	Subprotocol string `json:"subprotocol"`
	Result      string `json:"result"`
	SourceIP    string `json:"sourceIp"`
}

// An Event is an event as a Lambda function sees it.
type Event struct {
	Raw     string
	Top     map[string]json.RawMessage
	Context map[string]json.RawMessage // of the request
}

// UnmarshalJSON decodes what all events have.
func (e *Event) UnmarshalJSON(data []byte) error {
	e.Raw = string(data)
	if err := json.Unmarshal(data, &e.Top); err != nil {
		return err
	}
	if err := json.Unmarshal(e.Top["requestContext"], &e.Context); err != nil {
		return fmt.Errorf("decode requestContext: %w", err)
	}
	return nil
}

// Decode decodes data into v. Data of another form leaves v as it was, which no case expects.
func Decode(data json.RawMessage, v any) { _ = json.Unmarshal(data, v) }

// Text returns the string that data is, or "".
func Text(data json.RawMessage) string {
	var s string
	Decode(data, &s)
	return s
}

// Text returns a member of the request context that is a string, or "" if it is none.
func (e Event) Text(name string) string { return Text(e.Context[name]) }

// Number returns a member of the request context that is a whole number, or -1.
func (e Event) Number(name string) int64 {
	n := int64(-1)
	Decode(e.Context[name], &n)
	return n
}

// Object returns a member of the event, or of its request context, that is an object.
func (e Event) Object(name string) map[string]any {
	var m map[string]any
	data := e.Top[name]
	if data == nil {
		data = e.Context[name]
	}
	Decode(data, &m)
	return m
}

// Body returns the message in an event.
func (e Event) Body() string { return Text(e.Top["body"]) }

// Lists returns a member whose values are lists of strings.
func (e Event) Lists(name string) map[string][]string {
	var m map[string][]string
	Decode(e.Top[name], &m)
	return m
}

// Keys returns the names of members, sorted.
func Keys[V any](m map[string]V) string {
	return strings.Join(slices.Sorted(maps.Keys(m)), " ")
}

// IsTimeout reports whether err says that the patience of the target has run out.
func IsTimeout(err error) bool {
	var n net.Error
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &n) && n.Timeout()
}
