package hostapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/apigw"
)

// leaveEnvelope begins the payload of a leave event. No event of API Gateway begins like this.
const leaveEnvelope = `{"tyg":"leave","membership":`

// A leave is such a payload.
type leave struct {
	Membership membership      `json:"membership"`
	Event      json.RawMessage `json:"event"` // of $disconnect: the connection that has left
}

type membership struct {
	Group  string     `json:"group"`
	Member tyg.Member `json:"member"`
}

// AppendLeave appends the payload of a leave event to b.
func AppendLeave(b []byte, e tyg.Event) ([]byte, error) {
	if e.Membership == nil {
		return b, errors.New("the leave event has no membership")
	}
	m, err := json.Marshal(membership(*e.Membership))
	if err != nil {
		return b, fmt.Errorf("encode membership: %w", err)
	}
	b = append(append(b, leaveEnvelope...), m...)
	b = append(b, `,"event":`...)
	e.Type, e.Route = tyg.EventDisconnect, tyg.RouteDisconnect
	if b, err = apigw.AppendEvent(b, e); err != nil {
		return b, err
	}
	return append(b, '}'), nil
}

// IsLeave reports whether payload is that of a leave event.
func IsLeave(payload []byte) bool { return bytes.HasPrefix(payload, []byte(leaveEnvelope)) }

// ReadLeave returns the leave event of a payload, without a Sender, and the event of API Gateway's
// form in it.
func ReadLeave(payload []byte) (e tyg.Event, raw []byte, err error) {
	var l leave
	if err := json.Unmarshal(payload, &l); err != nil {
		return e, nil, fmt.Errorf("decode leave event: %w", err)
	}
	if e, err = apigw.UnmarshalEvent(l.Event, nil); err != nil {
		return e, nil, fmt.Errorf("decode leave event: %w", err)
	}
	m := tyg.Membership(l.Membership)
	e.Type, e.Route, e.Membership = tyg.EventLeave, tyg.RouteLeave, &m
	e.Disconnect = tyg.Disconnect{}
	return e, l.Event, nil
}
