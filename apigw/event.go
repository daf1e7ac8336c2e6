package apigw

import (
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/tyg-dev/tyg"
)

// requestTime is the format of requestContext.requestTime: that of the Common Log Format, in
// UTC.
// (https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-mapping-template-reference.html)
const requestTime = "02/Jan/2006:15:04:05 -0700"

// MarshalEvent returns the JSON of e as API Gateway sends it to a Lambda function: see
// [AppendEvent].
func MarshalEvent(e tyg.Event) ([]byte, error) {
	return AppendEvent(make([]byte, 0, 768+len(e.Message.Data)), e)
}

// AppendEvent appends the JSON of e as API Gateway sends it to a Lambda function, and returns the
// extended buffer. Members that do not apply to the event are absent, never null. Stage variables
// are left out when there are none.
//
// The headers of a connect event are those of e.Request and its host; the caller must add
// X-Forwarded-For and the other headers that API Gateway adds. A binary message is encoded in
// base64.
//
// It fails, and returns dst as it was, if e.Type is unknown, if e.Conn or the Request of a
// connect event is nil, or if e.Conn.Identity holds a value that is not a string, number or
// boolean.
func AppendEvent(dst []byte, e tyg.Event) ([]byte, error) {
	if err := checkEvent(e); err != nil {
		return dst, err
	}
	out := append(dst, '{')
	switch e.Type {
	case tyg.EventConnect:
		out = appendRequest(out, e, lambdaHeaders)
	case tyg.EventDisconnect:
		out = appendDisconnectHeaders(out, e.Conn.Domain)
	}
	if vars := e.Conn.StageVariables; len(vars) > 0 {
		out = append(out, `"stageVariables":`...)
		out = append(appendStrings(out, vars), ',')
	}
	out, err := appendContext(out, e)
	if err != nil {
		return dst, err
	}
	if e.Type == tyg.EventMessage {
		return appendBody(out, e.Message), nil
	}
	return append(out, `,"isBase64Encoded":false}`...), nil
}

func checkEvent(e tyg.Event) error {
	switch {
	case e.Type == tyg.EventOpen:
		return errors.New("encode event: API Gateway has no OPEN event")
	case e.Type < tyg.EventConnect || e.Type > tyg.EventDisconnect:
		return fmt.Errorf("encode event: unknown type %d", e.Type)
	case e.Conn == nil:
		return fmt.Errorf("encode %s event: Conn is nil", e.Type)
	case e.Type == tyg.EventConnect && e.Request == nil:
		return errors.New("encode CONNECT event: Request is nil")
	}
	return nil
}

// appendBody appends the end of a message event.
func appendBody(dst []byte, m tyg.Message) []byte {
	dst = append(dst, `,"body":`...)
	if m.Type != tyg.Binary {
		dst = appendString(dst, m.Data)
		return append(dst, `,"isBase64Encoded":false}`...)
	}
	dst = append(dst, '"')
	dst = base64.StdEncoding.AppendEncode(dst, m.Data)
	return append(dst, `","isBase64Encoded":true}`...)
}

// appendContext appends "requestContext" and its value.
func appendContext(dst []byte, e tyg.Event) ([]byte, error) {
	c := e.Conn
	dst = append(dst, `"requestContext":{"routeKey":`...)
	dst = appendString(dst, e.Route)
	dst = appendType(dst, e)
	// The mapping reference says that both ids are the same.
	dst = appendMember(dst, "extendedRequestId", e.RequestID)
	dst = append(dst, `,"requestTime":"`...)
	dst = e.Time.UTC().AppendFormat(dst, requestTime)
	dst = append(dst, `","messageDirection":"IN"`...)
	dst = appendMember(dst, "stage", c.Stage)
	dst = append(dst, `,"connectedAt":`...)
	dst = strconv.AppendInt(dst, c.ConnectedAt.UnixMilli(), 10)
	dst = append(dst, `,"requestTimeEpoch":`...)
	dst = strconv.AppendInt(dst, e.Time.UnixMilli(), 10)
	dst = appendIdentity(dst, c)
	dst = appendMember(dst, "requestId", e.RequestID)
	dst = appendMember(dst, "domainName", c.Domain)
	dst = appendMember(dst, "connectionId", string(c.ID))
	dst = appendMember(dst, "apiId", c.APIID)
	if c.Identity.Principal != "" || len(c.Identity.Context) > 0 {
		return appendAuthorizer(dst, c.Identity)
	}
	return append(dst, '}'), nil
}

// appendType appends the members that depend on the type of the event.
func appendType(dst []byte, e tyg.Event) []byte {
	dst = appendMember(dst, "eventType", e.Type.String())
	switch e.Type {
	case tyg.EventMessage:
		if e.Message.ID != "" {
			dst = appendMember(dst, "messageId", e.Message.ID)
		}
	case tyg.EventDisconnect:
		dst = append(dst, `,"disconnectStatusCode":`...)
		dst = strconv.AppendInt(dst, int64(e.Disconnect.Code), 10)
		dst = appendMember(dst, "disconnectReason", e.Disconnect.Reason)
	}
	return dst
}

func appendIdentity(dst []byte, c *tyg.Conn) []byte {
	dst = append(dst, `,"identity":{"sourceIp":`...)
	dst = appendString(dst, c.SourceIP)
	if c.UserAgent != "" {
		dst = appendMember(dst, "userAgent", c.UserAgent)
	}
	return append(dst, '}')
}

// appendAuthorizer appends the authorizer's result and closes the request context.
func appendAuthorizer(dst []byte, id tyg.Identity) ([]byte, error) {
	dst = append(dst, `,"authorizer":{`...)
	if id.Principal != "" {
		dst = append(appendString(append(dst, `"principalId":`...), id.Principal), ',')
	}
	for _, key := range slices.Sorted(maps.Keys(id.Context)) {
		if key == "principalId" && id.Principal != "" {
			continue // the principal has that name
		}
		dst = append(appendString(dst, key), ':')
		var err error
		if dst, err = appendScalar(dst, id.Context[key]); err != nil {
			return nil, fmt.Errorf("encode authorizer value %q: %w", key, err)
		}
		dst = append(dst, ',')
	}
	dst[len(dst)-1] = '}' // there was one member at least
	return append(dst, '}'), nil
}

// appendScalar appends a value that an authorizer may return.
// (https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-lambda-auth.html)
func appendScalar(dst []byte, v any) ([]byte, error) {
	switch v := v.(type) {
	case string:
		return appendString(dst, v), nil
	case bool:
		return strconv.AppendBool(dst, v), nil
	case int:
		return strconv.AppendInt(dst, int64(v), 10), nil
	case int64:
		return strconv.AppendInt(dst, v, 10), nil
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, fmt.Errorf("%v is not a number in JSON", v)
		}
		return appendFloat(dst, v), nil
	}
	return nil, fmt.Errorf("%T is neither string nor number nor boolean", v)
}

// appendFloat writes whole numbers without exponent while they are exact, such as times in
// milliseconds.
func appendFloat(dst []byte, v float64) []byte {
	const exact = 1 << 53
	if v == math.Trunc(v) && math.Abs(v) < exact {
		return strconv.AppendFloat(dst, v, 'f', -1, 64)
	}
	return strconv.AppendFloat(dst, v, 'g', -1, 64)
}

// appendStrings appends a JSON object of strings, its keys sorted.
func appendStrings(dst []byte, m map[string]string) []byte {
	dst = append(dst, '{')
	for i, key := range slices.Sorted(maps.Keys(m)) {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(appendString(dst, key), ':')
		dst = appendString(dst, m[key])
	}
	return append(dst, '}')
}

// appendMember appends a comma and one member of a JSON object. The name must need no escape.
func appendMember(dst []byte, name, value string) []byte {
	dst = append(dst, `,"`...)
	dst = append(dst, name...)
	dst = append(dst, `":`...)
	return appendString(dst, value)
}

func millis(ms int64) time.Time { return time.UnixMilli(ms).UTC() }
