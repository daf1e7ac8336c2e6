package apigw

import (
	"encoding/base64"
	"encoding/json"
	"fmt"

	"github.com/tyg-dev/tyg"
)

// event is the part of API Gateway's JSON that a tyg.Event has fields for. Captures from 2019 have
// null for many members, which leaves the field at zero.
// (https://github.com/dherault/serverless-offline/blob/master/tests/manual/websocket/main/test/e2e/ws.e2e.js)
type event struct {
	RequestContext    *requestContext     `json:"requestContext"`
	Headers           map[string]string   `json:"headers"`
	MultiValueHeaders map[string][]string `json:"multiValueHeaders"`
	Query             map[string]string   `json:"queryStringParameters"`
	MultiValueQuery   map[string][]string `json:"multiValueQueryStringParameters"`
	StageVariables    map[string]string   `json:"stageVariables"`
	Body              string              `json:"body"`
	IsBase64Encoded   bool                `json:"isBase64Encoded"`
}

type requestContext struct {
	RouteKey             string         `json:"routeKey"`
	EventType            string         `json:"eventType"`
	RequestID            string         `json:"requestId"`
	ExtendedRequestID    string         `json:"extendedRequestId"`
	RequestTimeEpoch     int64          `json:"requestTimeEpoch"`
	ConnectionID         tyg.ConnID     `json:"connectionId"`
	ConnectedAt          int64          `json:"connectedAt"`
	MessageID            string         `json:"messageId"`
	Stage                string         `json:"stage"`
	APIID                string         `json:"apiId"`
	DomainName           string         `json:"domainName"`
	DisconnectStatusCode tyg.CloseCode  `json:"disconnectStatusCode"`
	DisconnectReason     string         `json:"disconnectReason"`
	Authorizer           map[string]any `json:"authorizer"`
	Identity             struct {
		SourceIP  string `json:"sourceIp"`
		UserAgent string `json:"userAgent"`
	} `json:"identity"`
}

// noStatus is the close code of a close without one (RFC 6455 section 7.4.1).
const noStatus = 1005

// UnmarshalEvent turns API Gateway's JSON into an Event whose Conn reaches its client through
// s. The Event keeps nothing of data.
//
// Unknown keys are ignored, and null counts as absent. An event without connectionId, requestId,
// routeKey or eventType is an error that names the missing key. Conn.Subprotocol stays empty,
// because events do not contain it. Numbers in Conn.Identity are of type
// float64. A disconnect without a code has code 1005.
func UnmarshalEvent(data []byte, s tyg.Sender) (tyg.Event, error) {
	in, plain := decodePlain(data)
	if !plain {
		in = event{}
		if err := json.Unmarshal(data, &in); err != nil {
			return tyg.Event{}, fmt.Errorf("decode event: %w", err)
		}
	}
	if err := in.check(); err != nil {
		return tyg.Event{}, fmt.Errorf("decode event: %w", err)
	}
	rc := in.RequestContext
	e := tyg.Event{
		Route:     rc.RouteKey,
		RequestID: rc.RequestID,
		Time:      millis(rc.RequestTimeEpoch),
		Conn:      rc.conn(s),
	}
	if len(in.StageVariables) > 0 {
		e.Conn.StageVariables = in.StageVariables
	}
	switch rc.EventType {
	case "CONNECT":
		e.Type = tyg.EventConnect
		e.Request = in.request()
	case "DISCONNECT":
		e.Type = tyg.EventDisconnect
		e.Disconnect = tyg.Disconnect{Code: rc.DisconnectStatusCode, Reason: rc.DisconnectReason}
	case "MESSAGE":
		e.Type = tyg.EventMessage
		m, err := in.message()
		if err != nil {
			return tyg.Event{}, fmt.Errorf("decode event %s: %w", rc.RequestID, err)
		}
		e.Message = m
	}
	return e, nil
}

// check checks the required members, and fills in those that older captures have under another
// name.
func (in *event) check() error {
	rc := in.RequestContext
	if rc == nil {
		return missing("")
	}
	if rc.RequestID == "" {
		rc.RequestID = rc.ExtendedRequestID
	}
	if rc.DisconnectStatusCode == 0 {
		rc.DisconnectStatusCode = noStatus
	}
	switch {
	case rc.ConnectionID == "":
		return missing(".connectionId")
	case rc.RequestID == "":
		return missing(".requestId")
	case rc.RouteKey == "":
		return missing(".routeKey")
	}
	switch rc.EventType {
	case "CONNECT", "MESSAGE", "DISCONNECT":
		return nil
	case "":
		return missing(".eventType")
	}
	return fmt.Errorf("requestContext.eventType is %q, not CONNECT, MESSAGE or DISCONNECT",
		rc.EventType)
}

func missing(member string) error {
	return fmt.Errorf("requestContext%s is missing; is this an event of a WebSocket API?", member)
}

func (rc *requestContext) conn(s tyg.Sender) *tyg.Conn {
	return &tyg.Conn{
		ID:          rc.ConnectionID,
		Sender:      s,
		ConnectedAt: millis(rc.ConnectedAt),
		SourceIP:    rc.Identity.SourceIP,
		UserAgent:   rc.Identity.UserAgent,
		Domain:      rc.DomainName,
		Stage:       rc.Stage,
		APIID:       rc.APIID,
		Identity:    identity(rc.Authorizer),
	}
}

// identity returns the identity in the result of an authorizer. Without an authorizer m is nil.
func identity(m map[string]any) tyg.Identity {
	id := tyg.Identity{Context: scalars(m)}
	id.Principal, _ = m["principalId"].(string)
	delete(id.Context, "principalId")
	if len(id.Context) == 0 {
		id.Context = nil
	}
	return id
}

// scalars returns the strings, numbers and booleans of m, or nil if there are none. An authorizer
// cannot return other values, but old events have some nulls.
func scalars(m map[string]any) map[string]any {
	var out map[string]any
	for key, value := range m {
		switch value.(type) {
		case string, float64, bool:
			if out == nil {
				out = make(map[string]any, len(m))
			}
			out[key] = value
		}
	}
	return out
}

func (in *event) message() (tyg.Message, error) {
	m := tyg.Message{ID: in.RequestContext.MessageID, Data: []byte(in.Body)}
	if !in.IsBase64Encoded {
		return m, nil
	}
	data, err := base64.StdEncoding.DecodeString(in.Body)
	if err != nil {
		return tyg.Message{}, fmt.Errorf("decode base64 body: %w", err)
	}
	m.Data, m.Type = data, tyg.Binary
	return m, nil
}
