package lambda

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/apigw"
)

// The operations, as in tyg.ConnError.
const (
	opSend  = "send"
	opClose = "close"
	opInfo  = "info"
)

// A call is a request of @connections, for any connection.
type call struct {
	op     string
	method string
	body   []byte
}

func newPost(data []byte) call {
	return call{op: opSend, method: http.MethodPost, body: data}
}

func (c call) wrap(id tyg.ConnID, err error) error {
	return &tyg.ConnError{Op: c.op, ID: id, Err: err}
}

// An outcome is the result of one attempt.
type outcome struct {
	body      []byte
	err       error         // a tyg.ConnError
	tries     int           // how many attempts it is worth, this one included
	uncertain bool          // it failed, but may have taken effect
	answered  bool          // there was an answer
	throttled bool          // the answer was that there are too many requests
	took      time.Duration // see answer
}

// attempt makes one call.
func (s *Sender) attempt(ctx context.Context, c call, id tyg.ConnID) outcome {
	if !canAsk(id) {
		return outcome{err: c.wrap(id, tyg.ErrInvalidID), tries: once}
	}
	if err := ctx.Err(); err != nil {
		return outcome{err: c.wrap(id, err), tries: once}
	}
	a, unsent, err := s.client.do(ctx, request{
		method: c.method, url: s.connection(id), body: c.body, most: maxInfo,
	})
	if err != nil {
		return c.unanswered(ctx, id, unsent, err)
	}
	return c.answered(id, a)
}

// maxID is how many bytes of an id are sent, many more than any host's ids have.
const maxID = 256

// canAsk reports whether a request can name an id: it must be one segment of a path. Which ids
// there are is for the service to say: API Gateway may change the form of its ids, and a service
// behind another endpoint may have its own.
func canAsk(id tyg.ConnID) bool {
	return id != "" && id != "." && id != ".." && len(id) <= maxID
}

// connection returns the URL of a connection, spelled as the AWS SDKs spell it.
func (s *Sender) connection(id tyg.ConnID) *url.URL {
	u := *s.base
	u.Path = s.base.Path + "@connections/" + string(id)
	u.RawPath = s.base.EscapedPath() + apigw.ConnectionsPath("", id)[1:]
	return &u
}

// unanswered returns the outcome of a call without an answer. A POST that may have arrived is not
// repeated.
func (c call) unanswered(ctx context.Context, id tyg.ConnID, unsent bool, err error) outcome {
	out := outcome{tries: atMostThree, uncertain: !unsent}
	if c.method == http.MethodPost && !unsent {
		out.tries = once
		err = fmt.Errorf("%w: %w", ErrMaybeSent, err)
	}
	if ctx.Err() != nil {
		out.tries = once
	}
	out.err = c.wrap(id, err)
	return out
}

// answered returns the outcome of a call with an answer.
func (c call) answered(id tyg.ConnID, a answer) outcome {
	out := outcome{
		body: a.body, tries: once, answered: true, throttled: a.status == http.StatusTooManyRequests,
		took: a.took,
	}
	if out.err = apigw.ReadError(a.status, a.header, id, c.op); out.err == nil {
		return out
	}
	if d, ok := errors.AsType[*apigw.Denied](out.err); ok {
		d.Message = a.message() // it names the principal and the permission
	}
	switch {
	case a.status == http.StatusTooManyRequests || a.status == http.StatusServiceUnavailable:
		out.tries = always // it was not delivered
	case a.status < 500:
	case c.method == http.MethodPost:
		err := errors.Unwrap(out.err)
		out.err = c.wrap(id, fmt.Errorf("%w: %w", ErrMaybeSent, err))
	default:
		out.tries, out.uncertain = atMostThree, true
	}
	return out
}
