package runtimeapi

import (
	"math/rand/v2"
	"net"
	"strconv"
	"strings"
	"time"
)

// directWrite is the size of a payload, in bytes, from which on it is not copied behind its head.
const directWrite = 64 << 10

// An Event is an event for the process.
type Event struct {
	RequestID     string // letters, digits, "-", "_" and "="
	ARN           string // of the function
	Time          time.Time
	Deadline      time.Time // when the process will be killed
	TraceID       string    // of X-Ray, see NewTraceID; empty for a new one
	ClientContext []byte    // JSON without line breaks; empty for none
	Payload       []byte    // JSON
}

// WriteEvent answers a request for the next event. The payload is not kept. When WriteEvent has
// returned, the process may have made its next request, and c belongs to the goroutine that handles
// that.
func (c *Conn) WriteEvent(e Event) error {
	c.limitReads(c.server.limits.Silent)
	b := append(c.out[:0], c.held...)
	c.held = c.held[:0]
	b = append(b, "HTTP/1.1 200 OK\r\nContent-Type: application/json"+
		"\r\nLambda-Runtime-Aws-Request-Id: "...)
	b = append(b, e.RequestID...)
	b = append(b, "\r\nLambda-Runtime-Deadline-Ms: "...)
	b = strconv.AppendInt(b, e.Deadline.UnixMilli(), 10)
	b = append(b, "\r\nLambda-Runtime-Invoked-Function-Arn: "...)
	b = append(b, e.ARN...)
	b = append(b, "\r\nLambda-Runtime-Trace-Id: "...)
	if e.TraceID != "" {
		b = append(b, e.TraceID...)
	} else {
		b = appendTraceID(b, e.Time)
	}
	if len(e.ClientContext) > 0 {
		b = append(b, "\r\nLambda-Runtime-Client-Context: "...)
		b = append(b, e.ClientContext...)
	}
	if c.last {
		b = append(b, "\r\nConnection: close"...)
	}
	b = append(b, "\r\nContent-Length: "...)
	b = strconv.AppendInt(b, int64(len(e.Payload)), 10)
	b = append(b, "\r\n\r\n"...)
	return c.send(b, e.Payload)
}

// send writes head and body, in one call if that is worth a copy. It reads c.last before it writes,
// because afterwards c may belong to another goroutine.
func (c *Conn) send(head, body []byte) (err error) {
	small, last := len(body) < directWrite, c.last
	if small {
		head = append(head, body...)
	}
	c.out = head
	if small {
		_, err = c.Write(head)
	} else {
		parts := net.Buffers{head, body}
		_, err = parts.WriteTo(c.Conn)
	}
	if last {
		_ = c.Close() // the goroutine of c ends
	}
	return err
}

// NewTraceID returns a trace id for an event. AWS SDKs in the function repeat it in the header
// X-Amzn-Trace-Id of their calls. No two events have the same one.
//
// If parent is a valid W3C traceparent, the id continues its trace: Root and Parent name its trace
// and span, Sampled is its flag, and Self tells the event from others of that trace, as load
// balancers write it. X-Ray propagators of OpenTelemetry read it. Otherwise it is a new trace that
// is not sampled.
// (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-request-tracing.html)
func NewTraceID(now time.Time, parent string) string {
	b := make([]byte, 0, 128)
	if !validTraceParent(parent) {
		return string(appendTraceID(b, now))
	}
	trace, span, flags := parent[3:35], parent[36:52], parent[54]
	b = append(append(append(b, "Root=1-"...), trace[:8]...), '-')
	b = append(append(append(b, trace[8:]...), ";Parent="...), span...)
	b = append(append(b, ";Sampled="...), "01"[unhex(flags)&1])
	return string(appendRoot(append(b, ";Self="...), now))
}

// validTraceParent reports whether s is a traceparent of version 00, or of a later one that begins
// alike: hexadecimal digits in lower case, and neither id all zeros.
// (https://www.w3.org/TR/trace-context/#versioning-of-traceparent)
func validTraceParent(s string) bool {
	if len(s) < 55 || len(s) > 55 && (s[:2] == "00" || s[55] != '-') || s[:2] == "ff" {
		return false
	}
	for i := range 55 {
		dash := i == 2 || i == 35 || i == 52
		if dash && s[i] != '-' || !dash && unhex(s[i]) < 0 {
			return false
		}
	}
	return strings.Trim(s[3:35], "0") != "" && strings.Trim(s[36:52], "0") != ""
}

// unhex returns the value of a hexadecimal digit in lower case, or -1.
func unhex(c byte) int { return strings.IndexByte("0123456789abcdef", c) }

// appendTraceID appends an X-Ray trace id that is not sampled.
// (https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader)
func appendTraceID(b []byte, now time.Time) []byte {
	b = appendRoot(append(b, "Root="...), now)
	b = append(b, ";Parent="...)
	b = appendHex(b, rand.Uint64(), 16)
	return append(b, ";Sampled=0"...)
}

// appendRoot appends a new id of a trace.
func appendRoot(b []byte, now time.Time) []byte {
	b = append(b, "1-"...)
	b = appendHex(b, uint64(now.Unix()), 8)
	b = append(b, '-')
	b = appendHex(b, rand.Uint64(), 16)
	return appendHex(b, rand.Uint64(), 8)
}

// appendHex appends the last digits of n.
func appendHex(b []byte, n uint64, digits int) []byte {
	for shift := 4 * (digits - 1); shift >= 0; shift -= 4 {
		b = append(b, "0123456789abcdef"[n>>shift&0xf])
	}
	return b
}
