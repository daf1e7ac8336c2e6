package runtimeapi_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/tyg-dev/tyg/internal/functions/runtimeapi"
)

// next hands out the connections that wait for an event, and takes every reply.
type next chan *runtimeapi.Conn

func (n next) Next(c *runtimeapi.Conn) error       { n <- c; return nil }
func (n next) Reply(runtimeapi.Reply) error        { return nil }
func (n next) InitError(*runtimeapi.Failure) error { return runtimeapi.ErrTransition }
func (n next) Closed(*runtimeapi.Conn)             {}
func (n next) Stranger(int)                        {}
func (n next) serve(t *testing.T, l runtimeapi.Limits) *runtimeapi.Server {
	t.Helper()
	s, err := runtimeapi.Listen(n, l)
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() { s.Shutdown(time.Now()) })
	return s
}

func dial(t *testing.T, s *runtimeapi.Server, text string) net.Conn {
	t.Helper()
	nc, err := net.Dial("tcp", s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = nc.Close() })
	_ = nc.SetDeadline(time.Now().Add(20 * time.Second))
	if _, err := io.WriteString(nc, text); err != nil {
		t.Fatal(err)
	}
	return nc
}

const (
	askNext = "GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: x\r\n\r\n"
	// As tyg's own runtimes ask.
	askPlain = "GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: tyg\r\n\r\n"

	reply = "POST /2018-06-01/runtime/invocation/a/response HTTP/1.1\r\nHost: x\r\n"
)

// TestSilentConnectionsAreCut has connections fall silent in each phase. One that waits for an
// event stays, however long: here longer than all others.
func TestSilentConnectionsAreCut(t *testing.T) {
	n := make(next, 2)
	s := n.serve(t, runtimeapi.Limits{Head: 100 * time.Millisecond, Silent: 500 * time.Millisecond})
	waiting := make(map[net.Conn]*runtimeapi.Conn)
	for _, ask := range []string{askNext, askPlain} {
		nc := dial(t, s, ask)
		waiting[nc] = <-n
	}
	silent := make(map[string]net.Conn)
	for name, text := range map[string]string{
		"nothing":            "",
		"half a line":        "GET /2018",
		"half a head":        reply,
		"no body":            reply + "Content-Length: 5\r\n\r\n",
		"half a body":        reply + "Content-Length: 5\r\n\r\nhe",
		"no chunk":           reply + "Transfer-Encoding: chunked\r\n\r\n",
		"no trailer":         reply + "Transfer-Encoding: chunked\r\n\r\n0\r\n",
		"a body is expected": reply + "Expect: 100-continue\r\nContent-Length: 5\r\n\r\n",
		"after an answer":    reply + "Content-Length: 2\r\n\r\n{}",
		"after a refusal":    "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
		"half a request":     reply + "Content-Length: 2\r\n\r\n{}" + reply,
	} {
		silent[name] = dial(t, s, text)
	}
	for name, nc := range silent {
		if _, err := io.Copy(io.Discard, nc); isTimeout(err) {
			t.Errorf("%s: the connection is never cut", name)
		}
	}
	for nc, c := range waiting {
		if err := c.WriteEvent(runtimeapi.Event{RequestID: "a", Payload: []byte("{}")}); err != nil {
			t.Fatal(err)
		}
		in := bufio.NewReader(nc)
		if res := response(t, in); res.StatusCode != http.StatusOK {
			t.Errorf("an event has status %d", res.StatusCode)
		}
		if _, err := in.ReadByte(); err != io.EOF {
			t.Errorf("a connection that does not reply to its event ended with %v, want EOF", err)
		}
	}
}

// response reads a response with its body.
func response(t *testing.T, in *bufio.Reader) *http.Response {
	t.Helper()
	res, err := http.ReadResponse(in, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, res.Body)
	return res
}

// TestRequestsForTheNextEvent asks in pieces, behind a reply, and in both spellings.
func TestRequestsForTheNextEvent(t *testing.T) {
	n := make(next, 1)
	s := n.serve(t, runtimeapi.Limits{Head: time.Minute, Silent: time.Minute})
	replied := reply + "Content-Length: 2\r\n\r\n{}"
	nc := dial(t, s, "")
	in := bufio.NewReader(nc)
	for _, ask := range []string{askPlain, askNext} {
		for _, pieces := range [][]string{
			{ask},
			{ask[:9], ask[9:]},
			{ask[:len(ask)-1], ask[len(ask)-1:]},
			{replied + ask},
			{replied + ask[:20], ask[20:]},
		} {
			for _, piece := range pieces {
				if _, err := io.WriteString(nc, piece); err != nil {
					t.Fatal(err)
				}
			}
			c := <-n
			if err := c.WriteEvent(runtimeapi.Event{RequestID: "a", Payload: []byte("{}")}); err != nil {
				t.Fatal(err)
			}
			if len(pieces[0]) > len(ask) {
				if res := response(t, in); res.StatusCode != http.StatusAccepted {
					t.Errorf("%q: status %d of the reply", pieces, res.StatusCode)
				}
			}
			if res := response(t, in); res.Header.Get("Lambda-Runtime-Aws-Request-Id") != "a" {
				t.Errorf("%q: got %v", pieces, res.Header)
			}
		}
	}
}

func isTimeout(err error) bool {
	e, ok := err.(net.Error)
	return ok && e.Timeout()
}

// TestEventWrittenAtOnceIsLimited writes the event before Next returns: the connection is still
// limited afterwards.
func TestEventWrittenAtOnceIsLimited(t *testing.T) {
	h := eager{make(next, 1)}
	limits := runtimeapi.Limits{Head: time.Minute, Silent: 100 * time.Millisecond}
	s, err := runtimeapi.Listen(h, limits)
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() { s.Shutdown(time.Now()) })
	for range 100 {
		n, err := io.Copy(io.Discard, dial(t, s, askNext))
		if n == 0 {
			continue // on a busy machine the request came too late
		}
		if err != nil {
			t.Errorf("the connection ended with %v, want EOF", err)
		}
		return
	}
	t.Error("no event came")
}

// An eager handler has an event for every request.
type eager struct{ next }

func (eager) Next(c *runtimeapi.Conn) error {
	return c.WriteEvent(runtimeapi.Event{RequestID: "a", Payload: []byte("{}")})
}
