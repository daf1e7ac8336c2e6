package lambda

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// A hostRuntime is a client of the Runtime API that a gateway of tyg serves. It hands in a reply
// together with the request for the next event, in one write, and so is woken up once for each
// event and not three times. Lambda itself is asked by a runtimeAPI.
type hostRuntime struct {
	wire *wire
	sent []byte // a reply that has not been sent yet
}

var _ eventSource = (*hostRuntime)(nil)

func newHostRuntime(address string) (*hostRuntime, error) {
	w, err := dialWire(context.Background(), address)
	if err != nil {
		return nil, fmt.Errorf("connect to the Runtime API: %w", err)
	}
	return &hostRuntime{wire: w}, nil
}

const runtimePath = "/2018-06-01/runtime/"

// next sends the reply to the event before, and waits for an event. Its payload is in buf.
func (r *hostRuntime) next(_ context.Context, buf *bytes.Buffer) (invocation, error) {
	replied := len(r.sent) > 0
	out := append(r.sent, "GET "+runtimePath+"invocation/next HTTP/1.1\r\nHost: tyg\r\n\r\n"...)
	_, err := r.wire.send(out)
	r.sent = r.wire.out
	if err != nil {
		return invocation{}, fmt.Errorf("get event from the gateway: %w", err)
	}
	if replied {
		if err := r.readAccepted(); err != nil {
			return invocation{}, err
		}
	}
	return r.wire.readEvent(buf)
}

// readEvent waits for an event and reads it into buf.
func (w *wire) readEvent(buf *bytes.Buffer) (invocation, error) {
	if _, err := w.in.Peek(1); err != nil {
		return invocation{}, fmt.Errorf("get event from the gateway: %w", err)
	}
	here, _ := w.in.Peek(w.in.Buffered())
	if inv, head, body := parseEventHead(here); head > 0 {
		_, _ = w.in.Discard(head) // it is here
		buf.Reset()
		if _, err := io.CopyN(buf, w.in, body); err != nil {
			return invocation{}, fmt.Errorf("read event from the gateway: %w", err)
		}
		inv.payload = buf.Bytes()
		return inv, nil
	}
	res, err := http.ReadResponse(w.in, nil)
	if err != nil {
		return invocation{}, fmt.Errorf("get event from the gateway: %w", err)
	}
	return readEvent(res, buf)
}

// parseEventHead parses the head of an event as the gateway writes it, and returns the lengths of
// head and body. If b begins with another or less than that, the length of the head is 0.
func parseEventHead(b []byte) (inv invocation, head int, body int64) {
	end := bytes.Index(b, []byte("\r\n\r\n"))
	if end < 0 {
		return invocation{}, 0, 0
	}
	lines := strings.Split(string(b[:end]), "\r\n")
	if lines[0] != "HTTP/1.1 200 OK" {
		return invocation{}, 0, 0
	}
	var length string
	for _, line := range lines[1:] {
		switch name, value, _ := strings.Cut(line, ": "); name {
		case "Content-Length":
			length = value
		case "Lambda-Runtime-Aws-Request-Id":
			inv.id = value
		case "Lambda-Runtime-Deadline-Ms":
			inv.deadline = value
		case "Lambda-Runtime-Trace-Id":
			inv.traceID = value
		case "Content-Type", "Lambda-Runtime-Invoked-Function-Arn":
		default:
			return invocation{}, 0, 0
		}
	}
	n, err := strconv.ParseUint(length, 10, 31)
	if err != nil || inv.id == "" {
		return invocation{}, 0, 0
	}
	return inv, end + 4, int64(n)
}

// plainAccepted is the answer to a reply as the gateway sends it, unless it says more.
const plainAccepted = "HTTP/1.1 202 Accepted\r\nContent-Type: application/json\r\n" +
	"Content-Length: 16\r\n\r\n" + `{"status":"OK"}` + "\n"

// readAccepted reads the answer to a reply.
func (r *hostRuntime) readAccepted() error {
	plain, err := r.wire.readPlain(plainAccepted)
	if plain {
		return nil
	}
	var res *http.Response
	if err == nil {
		res, err = http.ReadResponse(r.wire.in, nil)
	}
	if err == nil && res.StatusCode != http.StatusAccepted {
		err = statusError(res)
	}
	if err == nil {
		_, err = io.Copy(io.Discard, res.Body)
	}
	if err != nil {
		return fmt.Errorf("hand the gateway a reply: %w", err)
	}
	return nil
}

// respond keeps the reply to an event for next.
func (r *hostRuntime) respond(id string, reply []byte) error {
	r.post(id, "/response", nil, reply)
	return nil
}

// fail keeps the failure of an event for next.
func (r *hostRuntime) fail(id string, failed error) error {
	f := newFailure(failed)
	r.post(id, "/error", f.header(), f.json())
	return nil
}

func (r *hostRuntime) post(id, what string, header http.Header, body []byte) {
	b := append(r.sent[:0], "POST "+runtimePath+"invocation/"...)
	b = append(append(b, url.PathEscape(id)...), what...)
	b = append(b, " HTTP/1.1\r\nHost: tyg\r\nContent-Type: application/json"...)
	for name, values := range header {
		b = append(append(append(append(b, "\r\n"...), name...), ": "...), values[0]...)
	}
	r.sent = appendBody(b, body)
}
