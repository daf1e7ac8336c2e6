package hostapi

import (
	"bytes"
	"encoding/json"
)

// TriggerVariable names the trigger whose events a function gets, on AWS. Where one function gets
// all events, as under "tyg local", an envelope says it.
const TriggerVariable = "TYG_TRIGGER"

// triggerEnvelope begins the payload of such an event. No event of AWS begins like this.
const triggerEnvelope = `{"tyg":"trigger","name":`

// AppendTrigger appends the payload by which a function handles an event of a trigger. The event is
// JSON.
func AppendTrigger(b []byte, name string, event []byte) []byte {
	quoted, _ := json.Marshal(name) // a string has JSON
	b = append(append(b, triggerEnvelope...), quoted...)
	b = append(append(b, `,"event":`...), event...)
	return append(b, '}')
}

// ReadTrigger returns the name and the event in a payload of [AppendTrigger]. It reports false for
// any other payload.
func ReadTrigger(payload []byte) (name string, event json.RawMessage, ok bool) {
	if !bytes.HasPrefix(payload, []byte(triggerEnvelope)) {
		return "", nil, false
	}
	var in struct {
		Name  string          `json:"name"`
		Event json.RawMessage `json:"event"`
	}
	if json.Unmarshal(payload, &in) != nil || in.Event == nil {
		return "", nil, false
	}
	return in.Name, in.Event, true
}
