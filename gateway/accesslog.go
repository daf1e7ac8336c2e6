package gateway

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/tyg-dev/tyg"
)

// DefaultAccessLogFormat is the Format of an [AccessLog] that names no other.
const DefaultAccessLogFormat = `{"requestId":"$context.requestId","ip":"$context.identity.sourceIp",` +
	`"requestTime":"$context.requestTime","eventType":"$context.eventType",` +
	`"routeKey":"$context.routeKey","status":"$context.status",` +
	`"connectionId":"$context.connectionId","latency":"$context.integrationLatency"}`

// maxAccessLogFormat is API Gateway's limit on a format, in bytes.
// (https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html)
const maxAccessLogFormat = 3 << 10

// An AccessLog writes one line for each event, and for each refused handshake.
type AccessLog struct {
	// Out gets the lines, each in one Write, one at a time.
	Out io.Writer

	// Format is text with API Gateway's variables, such as $context.connectionId, and must have
	// $context.requestId or $context.extendedRequestId among them. What a variable has no value for
	// is "-". Quotes, backslashes and control characters in values are escaped as in JSON, so that
	// nobody can forge a line. Empty means DefaultAccessLogFormat.
	//
	// Known are, after "$context.": requestId, extendedRequestId, requestTime, requestTimeEpoch,
	// routeKey, eventType, messageDirection, messageId, connectionId, connectedAt, stage, apiId,
	// domainName, identity.sourceIp, identity.userAgent, status, integrationLatency (milliseconds),
	// error.message, disconnectStatusCode, disconnectReason, and authorizer.NAME for whatever the
	// authorizer returned.
	// (https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-logging.html)
	Format string
}

// access is an AccessLog at work.
type access struct {
	parts []accessPart

	mu  sync.Mutex // one line at a time
	out io.Writer
}

// accessPart is literal text and the variable that follows it, if one does.
type accessPart struct{ text, name string }

func newAccess(l *AccessLog) (*access, error) {
	if l == nil {
		return nil, nil
	}
	format := l.Format
	if format == "" {
		format = DefaultAccessLogFormat
	}
	switch {
	case l.Out == nil:
		return nil, errors.New("gateway: AccessLog.Out is nil")
	case len(format) > maxAccessLogFormat:
		return nil, fmt.Errorf("gateway: the access log format has %d bytes, more than %d",
			len(format), maxAccessLogFormat)
	}
	a := &access{out: l.Out, parts: parseAccess(format)}
	if !a.has("requestId") && !a.has("extendedRequestId") {
		return nil, errors.New("gateway: the access log format must have $context.requestId " +
			"or $context.extendedRequestId")
	}
	return a, nil
}

func parseAccess(format string) []accessPart {
	const prefix = "$context."
	var parts []accessPart
	for {
		text, rest, found := strings.Cut(format, prefix)
		if !found {
			return append(parts, accessPart{text: text})
		}
		n := 0
		for n < len(rest) && isNameByte(rest[n]) {
			n++
		}
		name := strings.TrimRight(rest[:n], ".")
		parts = append(parts, accessPart{text, name})
		format = rest[len(name):]
	}
}

func isNameByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '.' || c == '_' || c == '-'
}

func (a *access) has(name string) bool {
	for _, p := range a.parts {
		if p.name == name {
			return true
		}
	}
	return false
}

// record is what one line tells.
type record struct {
	event  tyg.Event
	status int
	took   time.Duration
	err    string // API Gateway's message for the client, not the text of the error
}

// write writes the line of r. A log that cannot be written is nobody's fault whom one could tell.
func (a *access) write(r *record) {
	if a == nil {
		return
	}
	var line []byte
	for _, p := range a.parts {
		line = append(line, p.text...)
		if p.name != "" {
			line = appendEscaped(line, r.value(p.name))
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	_, _ = a.out.Write(append(line, '\n'))
}

// value returns the value of a $context variable.
func (r *record) value(name string) string {
	if v, ok := r.connValue(name); ok {
		return v
	}
	e := &r.event
	switch name {
	case "requestId", "extendedRequestId":
		return e.RequestID
	case "requestTime":
		return e.Time.UTC().Format("02/Jan/2006:15:04:05 -0700")
	case "requestTimeEpoch":
		return strconv.FormatInt(e.Time.UnixMilli(), 10)
	case "routeKey":
		return e.Route
	case "eventType":
		return e.Type.String()
	case "messageDirection":
		return "IN"
	case "messageId":
		return e.Message.ID
	case "status":
		return strconv.Itoa(r.status)
	case "integrationLatency":
		return strconv.FormatInt(r.took.Milliseconds(), 10)
	case "error.message":
		return r.err
	case "disconnectReason":
		return e.Disconnect.Reason
	case "disconnectStatusCode":
		if e.Type == tyg.EventDisconnect {
			return strconv.Itoa(int(e.Disconnect.Code))
		}
	}
	return ""
}

// connValue returns the value of a variable that is the same for all events of a connection.
func (r *record) connValue(name string) (string, bool) {
	c := r.event.Conn
	switch name {
	case "connectionId":
		return string(c.ID), true
	case "connectedAt":
		return strconv.FormatInt(c.ConnectedAt.UnixMilli(), 10), true
	case "stage":
		return c.Stage, true
	case "apiId":
		return c.APIID, true
	case "domainName":
		return c.Domain, true
	case "identity.sourceIp":
		return c.SourceIP, true
	case "identity.userAgent":
		return c.UserAgent, true
	}
	if key, ok := strings.CutPrefix(name, "authorizer."); ok {
		if key == "principalId" && c.Identity.Principal != "" {
			return c.Identity.Principal, true
		}
		if v, ok := c.Identity.Context[key]; ok {
			return fmt.Sprint(v), true
		}
	}
	return "", false
}

// appendEscaped appends v so that it stays inside its quotes and on its line.
func appendEscaped(dst []byte, v string) []byte {
	if v == "" {
		return append(dst, '-')
	}
	for _, r := range v {
		switch {
		case r == '"' || r == '\\':
			dst = append(dst, '\\', byte(r))
		case r < ' ' || r == 0x7F || r == 0x2028 || r == 0x2029 || r >= 0x80 && r < 0xA0:
			dst = fmt.Appendf(dst, `\u%04x`, r)
		default:
			dst = utf8.AppendRune(dst, r)
		}
	}
	return dst
}
