package runtimeapi

import (
	"bytes"
	"encoding/base64"
	"io"
	"net/http"
	"strings"
)

const (
	// maxReply is how large a reply may be, in bytes: 6 MB and 100.
	// (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html)
	maxReply = 6<<20 + 100

	// maxSkip is how much of a reply that is too large is read and dropped, in bytes, so that the
	// process gets the answer and not a broken connection.
	maxSkip = 64 << 20
)

// The paths of the Runtime API.
// (https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html)
const (
	runtimePrefix = "/2018-06-01/runtime/"
	initErrorPath = "init/error"
	nextPath      = "invocation/next"
	callPrefix    = "invocation/"
)

// A Reply is the outcome of an event.
type Reply struct {
	RequestID string
	Payload   []byte   // JSON as the process sent it; nil after a failure
	Failure   *Failure // nil if the event was handled
	TooLarge  bool     // the reply was over 6 MB and was dropped; Failure says so
}

// A request is one request of a process.
type request struct {
	verb  string // "next", "response", "error" or "init/error"
	id    string // of the event, for "response" and "error"
	waits bool   // for an event, which is the answer

	body      []byte
	tooLarge  bool
	errorType string        // from the header, or from the trailer of a streamed reply that failed
	failed    bool          // the reply has such a trailer
	last      bool          // no more requests come
	api       *http.Request // is not of the Runtime API, and its body not read; nil: it is
	refusal   *refusal
}

// readRequest reads the rest of the request whose head is r. If the process expects "100 Continue"
// before it sends the body, that is written to out.
func readRequest(r *http.Request, out io.Writer) (*request, error) {
	if strings.EqualFold(r.Header.Get("Expect"), "100-continue") { // RFC 9110 section 10.1.1
		if _, err := io.WriteString(out, "HTTP/1.1 100 Continue\r\n\r\n"); err != nil {
			return nil, err
		}
	}
	q := &request{last: r.Close, errorType: r.Header.Get("Lambda-Runtime-Function-Error-Type")}
	q.verb, q.id, q.refusal = parseRuntimePath(r.Method, r.URL.Path)
	if r.Header.Get("Origin") != "" || r.Header.Get("Sec-Fetch-Site") != "" {
		q.refusal = errBrowser
	}
	q.waits = q.refusal == nil && q.verb == "next"
	if err := q.readBody(r); err != nil {
		return nil, err
	}
	q.readTrailer(r.Trailer)
	return q, nil
}

// parseRuntimePath returns what a method and a path ask for.
func parseRuntimePath(method, path string) (verb, id string, r *refusal) {
	rest, ok := strings.CutPrefix(path, runtimePrefix)
	if !ok {
		return "", "", errPath
	}
	want := http.MethodPost
	switch {
	case rest == nextPath:
		verb, want = "next", http.MethodGet
	case rest == initErrorPath:
		verb = initErrorPath
	default:
		rest, ok = strings.CutPrefix(rest, callPrefix)
		id, verb, _ = strings.Cut(rest, "/")
		if !ok || id == "" || verb != "response" && verb != "error" {
			return "", "", errPath
		}
	}
	if method != want {
		return "", "", errMethod
	}
	return verb, id, nil
}

// readBody reads the whole body: a streamed reply is not passed on before its end.
func (q *request) readBody(r *http.Request) error {
	var b bytes.Buffer
	if n := r.ContentLength; n > 0 && n <= maxReply {
		b.Grow(int(n) + bytes.MinRead)
	}
	if _, err := b.ReadFrom(io.LimitReader(r.Body, maxReply+1)); err != nil {
		return err
	}
	q.body = b.Bytes()
	if len(q.body) > maxReply {
		q.body, q.tooLarge = nil, true
		n, err := io.CopyN(io.Discard, r.Body, maxSkip)
		q.last = q.last || n == maxSkip
		if err != nil && err != io.EOF {
			return err
		}
	}
	return nil
}

// tooLarge is Lambda's message about a reply that is over the limit.
const tooLarge = "Response payload size exceeded maximum allowed payload size (6291556 bytes)."

// reply returns the outcome that a "response" or an "error" reports.
func (q *request) reply() Reply {
	r := Reply{RequestID: q.id, TooLarge: q.tooLarge}
	switch {
	case q.tooLarge:
		r.Failure = newFailure("Function.ResponseSizeTooLarge", tooLarge)
	case q.verb == "error" || q.failed:
		r.Failure = parseFailure(q.errorType, q.body)
	default:
		r.Payload = q.body
	}
	return r
}

// readTrailer reads the trailer that a streamed reply has if it failed.
func (q *request) readTrailer(t http.Header) {
	kind := t.Get("Lambda-Runtime-Function-Error-Type")
	if kind == "" {
		return
	}
	q.failed, q.errorType = true, kind
	body, err := base64.StdEncoding.DecodeString(t.Get("Lambda-Runtime-Function-Error-Body"))
	if err != nil || len(body) == 0 {
		body = ErrorJSON(kind, "the reply failed while it was sent")
	}
	q.body = body
}
