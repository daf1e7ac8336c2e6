package tyg

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// An EventType says what happened.
type EventType uint8

// The events of a connection's life. The zero EventType is none of them.
const (
	EventConnect EventType = iota + 1
	EventOpen              // not at API Gateway; only for Handlers whose Description asks for it
	EventMessage
	EventDisconnect
	EventJoin  // not at API Gateway; made by Group.Add
	EventLeave // not at API Gateway; made by Group.Remove, and by hosts whose Description asks for it
)

// String returns the name that API Gateway gives the event: CONNECT, MESSAGE or DISCONNECT; and
// OPEN, JOIN and LEAVE.
func (t EventType) String() string {
	switch t {
	case EventConnect:
		return "CONNECT"
	case EventOpen:
		return "OPEN"
	case EventMessage:
		return "MESSAGE"
	case EventDisconnect:
		return "DISCONNECT"
	case EventJoin:
		return "JOIN"
	case EventLeave:
		return "LEAVE"
	}
	return fmt.Sprintf("EventType(%d)", uint8(t))
}

// The route keys that API Gateway reserves. All other route keys are an application's own.
// (https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-develop-routes.html)
const (
	RouteConnect    = "$connect"
	RouteDefault    = "$default"
	RouteDisconnect = "$disconnect"
)

// RouteOpen is the route key of [EventOpen]. API Gateway has no such route, so it is not among the
// Routes of a [Description].
const RouteOpen = "$open"

// An Event is what happened on a connection. It is plain data and is passed by value.
//
// A Handler may keep an Event, except for Message.Data, which is valid until Handle returns.
type Event struct {
	Type EventType

	// Route is the key of the route that was selected: [RouteConnect], [RouteOpen],
	// [RouteDisconnect], [RouteDefault], [RouteJoin], [RouteLeave], or a key given to [App.OnRoute].
	Route string

	// RequestID names this event in logs and in error frames. It is never empty. A host may cut the
	// ids of many events from one string, 1 KB in the gateway: keep a copy of it, see [strings.Clone].
	RequestID string

	// Time is when the host received the event.
	Time time.Time

	// Conn is the connection it happened on. It is never nil and is the same for all events of a
	// connection on hosts that hold the socket. For EventJoin and EventLeave only its ID and Sender
	// are certain.
	Conn *Conn

	// Request is the handshake. It is set for EventConnect only.
	Request *Request

	// Message is what the client sent. It is set for EventMessage only.
	Message Message

	// Disconnect is how the connection ended. It is set for EventDisconnect only.
	Disconnect Disconnect

	// Membership is what has begun or ended. It is set for EventJoin and EventLeave only.
	Membership *Membership
}

// A Message is one complete WebSocket message from a client.
type Message struct {
	// ID names the message, by API Gateway's rules: 16 characters.
	ID string

	// Data is the payload. It is valid until the handler returns and must not be changed;
	// copy what you keep. Text is always valid UTF-8.
	Data []byte

	// Type is Text or Binary, as the client sent it. Hosts close connections that send binary
	// messages with code 1003, as API Gateway does, unless they are configured to take them.
	Type MessageType
}

// Text returns a copy of the payload as a string.
func (m Message) Text() string { return string(m.Data) }

// JSON decodes the payload into v as [json.Unmarshal] does. Its errors say where the message is
// wrong and carry none of its content, so that they may be logged.
func (m Message) JSON(v any) error {
	err := json.Unmarshal(m.Data, v)
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*json.SyntaxError](err); ok {
		return fmt.Errorf("decode message %s: not JSON at byte %d", m.ID, e.Offset)
	}
	if e, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		kind, _, _ := strings.Cut(e.Value, " ") // what follows is the number itself
		return fmt.Errorf("decode message %s: %s where %q is of type %v", m.ID, kind, e.Field, e.Type)
	}
	return fmt.Errorf("decode message %s: the JSON does not fit %T", m.ID, v)
}

// A Disconnect says how a connection ended.
type Disconnect struct {
	// Code is the client's own if it sent a close frame, [CloseNoStatus] if that frame had no code,
	// [CloseAbnormal] if the socket was lost, or the code with which the host closed the connection.
	Code CloseCode

	// Reason is the text that goes with the code. It may be empty, and where a client sent it, it
	// is whatever that client chose to write.
	Reason string
}

// A Request is the handshake of a connection: all that a client can say before it is connected.
// Its fields are shared with the host and must not be changed.
type Request struct {
	// Host is the host name, with port if there was one, that the client asked for.
	Host string

	// Header holds the header fields under their canonical names, so that Get finds a field in any
	// spelling. Host is not among them. Get returns the first value of several; the headers member of
	// API Gateway's events has the last. Browsers cannot set any field of their own but
	// Sec-WebSocket-Protocol; they send tokens in the query.
	Header http.Header

	// HeaderNames are the names of the header fields as the client spelt them, each once, in the order
	// in which they came: "x-api-key" where Header has "X-Api-Key". Functions get these names. Names
	// are canonical where HeaderNames lacks them; it is nil behind an [http.Server] that respells all,
	// see gateway.KeepHeaderNames.
	HeaderNames []string

	// Query holds the parameters of the query string, parsed by the rules for
	// application/x-www-form-urlencoded (https://url.spec.whatwg.org/#urlencoded-parsing): "&" alone
	// separates them, "+" is a space, a "%" without two digits stands for itself, and no parameter is
	// dropped. Names are case-sensitive. Get returns the first value of several; the
	// queryStringParameters member of API Gateway's events has the last. Query is empty, never nil,
	// when there was none.
	Query url.Values

	// SourceIP is the client's address, without port.
	SourceIP string

	// Subprotocols are the subprotocols that the client offers, in its order of preference.
	Subprotocols []string

	selected string
}

// UserAgent returns the User-Agent header field, which may be empty.
func (r *Request) UserAgent() string { return r.Header.Get("User-Agent") }

// SelectSubprotocol selects the subprotocol of the connection: the first of names that the client
// offers. It reports false, and selects nothing, if the client offers none of them; the connection
// is then made without a subprotocol unless the handler rejects it. Call it before the connect
// handler returns; it works from every [Handler] on every host.
//
// A client that offers subprotocols and gets none usually closes the connection (RFC 6455 section
// 4.1).
func (r *Request) SelectSubprotocol(names ...string) (string, bool) {
	for _, name := range names {
		if slices.Contains(r.Subprotocols, name) {
			r.selected = name
			return name, true
		}
	}
	return "", false
}

// SelectedSubprotocol returns what [Request.SelectSubprotocol] selected, or "". Hosts ask after
// connect; a [Reply] that names a subprotocol itself goes before.
func (r *Request) SelectedSubprotocol() string { return r.selected }

// A Reply is what a Handler answers to a host. The zero Reply is "fine": it accepts a connection
// and says nothing to a message.
type Reply struct {
	// Status is an HTTP status. For connect, zero and 200 to 299 accept and anything else refuses
	// the handshake with that very status. For messages it is for logs only.
	Status int

	// Subprotocol is the subprotocol selected at connect. Empty means the one that
	// [Request.SelectSubprotocol] selected, if any.
	Subprotocol string

	// Body is for routes with a route response, and for a refused handshake: the text of the
	// response.
	Body []byte

	// Type is the type of the message that Body becomes on a route with a route response. Hosts that
	// send no binary messages send it as text.
	Type MessageType
}
