package tygotel

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/tyg-dev/tyg"
)

// The attributes that no semantic convention of OpenTelemetry has a name for.
const (
	keyEvent   = attribute.Key("tyg.event")           // connect, open, message and so on
	keyRoute   = attribute.Key("tyg.route")           // the route key
	keyConn    = attribute.Key("tyg.connection.id")   // as handlers see it
	keyRequest = attribute.Key("tyg.request.id")      // in logs and error frames
	keyMessage = attribute.Key("tyg.message.id")      // of the client's message
	keyType    = attribute.Key("tyg.message.type")    // text or binary
	keySize    = attribute.Key("tyg.message.size")    // in bytes
	keyCode    = attribute.Key("tyg.close.code")      // with which a connection has ended
	keyAge     = attribute.Key("tyg.connection.age")  // in seconds, at its end
	keyGroup   = attribute.Key("tyg.group")           // the name of a group, empty for all
	keyTo      = attribute.Key("tyg.send.recipients") // how many a message was for
	keyFailed  = attribute.Key("tyg.send.failed")     // how many of them did not get it
	keySends   = attribute.Key("tyg.sends")           // how many sends a handler has made
	keyOp      = attribute.Key("tyg.send.operation")  // send, send_many, send_to_group or close
)

// eventName returns the name of an event in spans and metrics.
func eventName(t tyg.EventType) string { return strings.ToLower(t.String()) }

// spanName returns the name of the span of an event.
func spanName(e *tyg.Event) string {
	if e.Type == tyg.EventMessage {
		return "message " + e.Route
	}
	return eventName(e.Type)
}

// eventAttributes returns what is known of an event before it is handled. Of a message it has no
// content.
func eventAttributes(e *tyg.Event) []attribute.KeyValue {
	list := append(make([]attribute.KeyValue, 0, 16),
		semconv.NetworkProtocolName("websocket"),
		keyEvent.String(eventName(e.Type)),
		keyRoute.String(e.Route),
		keyConn.String(string(e.Conn.ID)),
		keyRequest.String(e.RequestID),
	)
	switch e.Type {
	case tyg.EventConnect:
		list = append(list, semconv.HTTPRequestMethodGet, semconv.URLPath("/"+e.Conn.Stage))
		if host, port, err := net.SplitHostPort(e.Conn.Domain); err == nil {
			n, _ := strconv.Atoi(port)
			list = append(list, semconv.ServerAddress(host), semconv.ServerPort(n))
		} else {
			list = append(list, semconv.ServerAddress(e.Conn.Domain))
		}
		fallthrough
	case tyg.EventOpen:
		list = append(list, semconv.ClientAddress(e.Conn.SourceIP))
		if e.Conn.UserAgent != "" {
			list = append(list, semconv.UserAgentOriginal(e.Conn.UserAgent))
		}
	case tyg.EventMessage:
		list = append(list,
			keyMessage.String(e.Message.ID),
			keyType.String(e.Message.Type.String()),
			keySize.Int(len(e.Message.Data)),
		)
	case tyg.EventDisconnect:
		list = append(list, keyCode.Int(int(e.Disconnect.Code)))
		if !e.Conn.ConnectedAt.IsZero() {
			list = append(list, keyAge.Float64(e.Time.Sub(e.Conn.ConnectedAt).Seconds()))
		}
	case tyg.EventJoin, tyg.EventLeave:
		list = append(list, keyGroup.String(e.Membership.Group))
	}
	return list
}

// setStatus sets how a handshake was answered, by the conventions for servers of HTTP: a status
// below 500 is no error of the server.
func setStatus(span trace.Span, e *tyg.Event, r tyg.Reply, err error) {
	if e.Type == tyg.EventConnect {
		status := connectStatus(r, err)
		span.SetAttributes(semconv.HTTPResponseStatusCode(status))
		if rejected, ok := errors.AsType[*tyg.Rejection](err); ok && status < 500 {
			span.SetAttributes(semconv.ErrorTypeKey.String(errorType(rejected)))
			return
		}
	}
	setError(span, err)
}

// connectStatus returns the status of the answer to a handshake.
func connectStatus(r tyg.Reply, err error) int {
	if rejected, ok := errors.AsType[*tyg.Rejection](err); ok {
		return rejected.Status
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return 504
	case err != nil:
		return 502
	case r.Status < 300:
		return 101
	}
	return r.Status
}

// setError marks a span as failed. A nil error does nothing.
func setError(span trace.Span, err error) {
	if err == nil {
		return
	}
	span.SetAttributes(semconv.ErrorTypeKey.String(errorType(err)))
	span.SetStatus(codes.Error, err.Error())
}

// The errors of the root that have a short name.
var errorNames = []struct {
	err  error
	name string
}{
	{tyg.ErrNotOpen, "not_open"}, // before ErrGone, which it is too
	{tyg.ErrGone, "gone"},
	{tyg.ErrThrottled, "throttled"},
	{tyg.ErrTooLarge, "too_large"},
	{tyg.ErrNotText, "not_text"},
	{tyg.ErrBinary, "binary"},
	{tyg.ErrInvalidID, "invalid_id"},
	{tyg.ErrInvalidGroup, "invalid_group"},
	{tyg.ErrUnavailable, "unavailable"},
	{tyg.ErrOutcomeUnknown, "outcome_unknown"},
	{tyg.ErrConflict, "conflict"},
	{tyg.ErrUnbound, "unbound"},
	{context.DeadlineExceeded, "timeout"},
	{context.Canceled, "canceled"},
}

// errorType returns the kind of an error for the attribute error.type, of which there must be few.
func errorType(err error) string {
	if rejected, ok := errors.AsType[*tyg.Rejection](err); ok {
		return strconv.Itoa(rejected.Status)
	}
	if _, ok := errors.AsType[*tyg.PanicError](err); ok {
		return "panic"
	}
	for _, known := range errorNames {
		if errors.Is(err, known.err) {
			return known.name
		}
	}
	return fmt.Sprintf("%T", root(err))
}

// root returns what err wraps, to the end.
func root(err error) error {
	for next := errors.Unwrap(err); next != nil; next = errors.Unwrap(err) {
		err = next
	}
	return err
}
