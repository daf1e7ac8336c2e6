package runtimeapi_test

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/tyg-dev/tyg/internal/functions/runtimeapi"
)

// answerOf reads one answer, and returns its status and its body.
func answerOf(t *testing.T, in *bufio.Reader) string {
	t.Helper()
	res, err := http.ReadResponse(in, nil)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(fmt.Sprint(res.StatusCode, " ", string(body)))
}

// TestAnswerToReplyLeavesWithTheNextEvent sends a reply and the request for the next event in one
// write. Nothing comes before the event.
func TestAnswerToReplyLeavesWithTheNextEvent(t *testing.T) {
	n := make(next, 1)
	s := n.serve(t, runtimeapi.Limits{Head: time.Minute, Silent: time.Minute})
	nc := dial(t, s, reply+"Content-Length: 2\r\n\r\n{}"+askNext)
	c := <-n // what was written before is here already
	_ = nc.SetReadDeadline(time.Now().Add(10 * time.Millisecond))
	if got, err := io.ReadAll(nc); !isTimeout(err) {
		t.Fatalf("before the event came %q, %v", got, err)
	}
	_ = nc.SetReadDeadline(time.Now().Add(time.Minute))
	if err := c.WriteEvent(runtimeapi.Event{RequestID: "b", Payload: []byte(`"event"`)}); err != nil {
		t.Fatal(err)
	}
	in := bufio.NewReader(nc)
	for _, want := range []string{`202 {"status":"OK"}`, `200 "event"`} {
		if got := answerOf(t, in); got != want {
			t.Errorf("the answer is %q, want %q", got, want)
		}
	}
}

// TestAnswerToReplyAloneIsNotHeld sends a reply without another request.
func TestAnswerToReplyAloneIsNotHeld(t *testing.T) {
	s := make(next, 1).serve(t, runtimeapi.Limits{Head: time.Minute, Silent: time.Minute})
	nc := dial(t, s, reply+"Content-Length: 2\r\n\r\n{}GET /2018")
	if got := answerOf(t, bufio.NewReader(nc)); got != `202 {"status":"OK"}` {
		t.Errorf("the answer is %q", got)
	}
}

// TestRefusalFollowsHeldAnswer sends a reply and a request that is refused.
func TestRefusalFollowsHeldAnswer(t *testing.T) {
	s := make(next, 1).serve(t, runtimeapi.Limits{Head: time.Minute, Silent: time.Minute})
	nc := dial(t, s, reply+"Content-Length: 2\r\n\r\n{}GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n")
	in := bufio.NewReader(nc)
	for _, want := range []string{"202 ", "404 "} {
		if got := answerOf(t, in); !strings.HasPrefix(got, want) {
			t.Errorf("the answer is %q, want %s", got, want)
		}
	}
}

// TestAPINeedsItsToken sends requests to the API beside the Runtime API, over one connection.
func TestAPINeedsItsToken(t *testing.T) {
	limits := runtimeapi.Limits{Head: time.Minute, Silent: time.Minute}
	s, err := runtimeapi.Listen(make(next, 1), limits)
	if err != nil {
		t.Fatal(err)
	}
	s.Offer(&runtimeapi.API{Token: "secret", Handler: http.HandlerFunc(
		func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/empty" {
				w.WriteHeader(http.StatusNoContent) // and does not read the body
				return
			}
			body, _ := io.ReadAll(r.Body)
			w.Header().Set("X-Amzn-Errortype", "GoneException")
			w.WriteHeader(http.StatusGone)
			fmt.Fprintf(w, "%s %s %s", r.Method, r.URL.Path, body)
		})})
	s.Start()
	t.Cleanup(func() { s.Shutdown(time.Now()) })
	nc := dial(t, s, "")
	in := bufio.NewReader(nc)
	const auth = "Authorization: Bearer secret\r\n"
	for _, tt := range []struct{ request, want string }{
		{
			"POST /api/x HTTP/1.1\r\nHost: x\r\n" + auth + "Content-Length: 2\r\n\r\nhi",
			"410 POST /api/x hi",
		},
		{"POST /empty HTTP/1.1\r\nHost: x\r\n" + auth + "Content-Length: 2\r\n\r\nhi", "204"},
		{"GET /api/x HTTP/1.1\r\nHost: x\r\n" + auth + "\r\n", "410 GET /api/x"},
		{"POST /api/x HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi", "404 "},
		{"GET /api/x HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer secre\r\n\r\n", "404 "},
		{"GET /api/x HTTP/1.1\r\nHost: x\r\nAuthorization: secret\r\n\r\n", "404 "},
		{reply + auth + "Content-Length: 2\r\n\r\n{}", "202 "},
		{"GET /api/x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + auth + "\r\n", "410 GET"},
	} {
		if _, err := io.WriteString(nc, tt.request); err != nil {
			t.Fatal(err)
		}
		if got := answerOf(t, in); !strings.HasPrefix(got, tt.want) {
			t.Errorf("%q: the answer is %q, want %q", tt.request, got, tt.want)
		}
	}
	if _, err := in.ReadByte(); err != io.EOF {
		t.Errorf("after Connection: close the connection gave %v, want EOF", err)
	}
}
