package conformance

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

// A note is what the probe tells of an event.
type note struct {
	Event       event  `json:"event"`
	Bytes       int    `json:"bytes"`
	SHA256      string `json:"sha256"`
	Subprotocol string `json:"subprotocol"`
	Result      string `json:"result"`
	SourceIP    string `json:"sourceIp"`
}

// An event is an event as a Lambda function sees it.
type event struct {
	raw     string
	top     map[string]json.RawMessage
	context map[string]json.RawMessage
}

// UnmarshalJSON takes apart what is the same in all events.
func (e *event) UnmarshalJSON(data []byte) error {
	e.raw = string(data)
	if err := json.Unmarshal(data, &e.top); err != nil {
		return err
	}
	if err := json.Unmarshal(e.top["requestContext"], &e.context); err != nil {
		return fmt.Errorf("decode requestContext: %w", err)
	}
	return nil
}

// decode decodes what should be JSON of some form. What is not leaves v as it was, which no case
// expects.
func decode(data json.RawMessage, v any) { _ = json.Unmarshal(data, v) }

func text(data json.RawMessage) string {
	var s string
	decode(data, &s)
	return s
}

// text returns a member of the request context that is a string, or "" if it is none.
func (e event) text(name string) string { return text(e.context[name]) }

// number returns a member of the request context that is a whole number, or -1.
func (e event) number(name string) int64 {
	n := int64(-1)
	decode(e.context[name], &n)
	return n
}

// object returns a member of the event, or of its request context, that is an object.
func (e event) object(name string) map[string]any {
	var m map[string]any
	data := e.top[name]
	if data == nil {
		data = e.context[name]
	}
	decode(data, &m)
	return m
}

// keys returns the names of members, sorted.
func keys[V any](m map[string]V) string {
	return strings.Join(slices.Sorted(maps.Keys(m)), " ")
}

// isTimeout reports whether patience is at an end.
func isTimeout(err error) bool {
	var n net.Error
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &n) && n.Timeout()
}
