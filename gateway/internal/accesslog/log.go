// Package accesslog writes access logs in API Gateway's formats.
package accesslog

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/internal/logqueue"
	"github.com/tyg-dev/tyg/internal/visible"
)

// maxFormat is API Gateway's limit on a format, in bytes.
// (https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html)
const maxFormat = 3 << 10

// A Log writes lines of one format.
type Log struct {
	parts  []part
	out    io.Writer
	queue  logqueue.Queue // one line at a time
	failed atomic.Int64   // writes
}

// A part is literal text and the variable that follows it, if one does.
type part struct{ text, name string }

// New returns a Log that writes to out.
func New(out io.Writer, format string) (*Log, error) {
	switch {
	case out == nil:
		return nil, errors.New("AccessLog.Out is nil")
	case len(format) > maxFormat:
		return nil, fmt.Errorf("the access log format has %d bytes, more than %d",
			len(format), maxFormat)
	}
	l := &Log{out: out, parts: parse(format)}
	if !l.has("requestId") && !l.has("extendedRequestId") {
		return nil, errors.New("the access log format must have $context.requestId " +
			"or $context.extendedRequestId")
	}
	return l, nil
}

func parse(format string) []part {
	const prefix = "$context."
	var parts []part
	for {
		text, rest, found := strings.Cut(format, prefix)
		if !found {
			return append(parts, part{text: text})
		}
		n := 0
		for n < len(rest) && isNameByte(rest[n]) {
			n++
		}
		name := strings.TrimRight(rest[:n], ".")
		parts = append(parts, part{text, name})
		format = rest[len(name):]
	}
}

func isNameByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' ||
		c == '.' || c == '_' || c == '-'
}

func (l *Log) has(name string) bool {
	for _, p := range l.parts {
		if p.name == name {
			return true
		}
	}
	return false
}

// A Record is the content of one line.
type Record struct {
	Event   tyg.Event
	Status  int
	Latency time.Duration
	Error   string // API Gateway's message for the client, not the text of the error
}

// Write writes the line of r, in one Write, one line at a time, and does not wait for an out that
// is stuck. Lines that out does not take are counted. A nil Log writes nothing.
func (l *Log) Write(r *Record) {
	if l == nil {
		return
	}
	var line []byte
	for _, p := range l.parts {
		line = append(line, p.text...)
		if p.name != "" {
			line = appendEscaped(line, r.value(p.name))
		}
	}
	line = append(line, '\n')
	l.queue.Do(func() {
		if _, err := l.out.Write(line); err != nil {
			l.failed.Add(1)
		}
	}, len(line), func(int64) {})
}

// Lost returns how many lines out did not take, or not in time.
func (l *Log) Lost() int64 {
	if l == nil {
		return 0
	}
	return l.queue.Dropped() + l.failed.Load()
}

// value returns the value of a $context variable.
func (r *Record) value(name string) string {
	if v, ok := r.connValue(name); ok {
		return v
	}
	e := &r.Event
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
		return strconv.Itoa(r.Status)
	case "integrationLatency":
		return strconv.FormatInt(r.Latency.Milliseconds(), 10)
	case "error.message":
		return r.Error
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
func (r *Record) connValue(name string) (string, bool) {
	c := r.Event.Conn
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
		case r == '\n' || r == '\t' || visible.IsHidden(r):
			dst = fmt.Appendf(dst, `\u%04x`, r)
		default:
			dst = utf8.AppendRune(dst, r)
		}
	}
	return dst
}
