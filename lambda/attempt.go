package lambda

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/apigw"
)

// What is tried, as in tyg.ConnError.
const (
	opSend  = "send"
	opClose = "close"
	opInfo  = "info"
)

// A call is what is asked of @connections, of whichever connection.
type call struct {
	op     string
	method string
	body   []byte
}

func posting(data []byte) call {
	return call{op: opSend, method: http.MethodPost, body: data}
}

func (c call) failed(id tyg.ConnID, err error) error {
	return &tyg.ConnError{Op: c.op, ID: id, Err: err}
}

// An outcome is what came of one attempt.
type outcome struct {
	body  []byte
	err   error // a tyg.ConnError
	tries int   // how many attempts it is worth, this one included
	maybe bool  // it failed, and may have had its effect all the same
}

// attempt makes one call.
func (s *Sender) attempt(ctx context.Context, c call, id tyg.ConnID) outcome {
	if !apigw.ValidID(id) {
		return outcome{err: c.failed(id, tyg.ErrInvalidID), tries: once}
	}
	if err := ctx.Err(); err != nil {
		return outcome{err: c.failed(id, err), tries: once}
	}
	a, unsent, err := s.client.do(ctx, request{
		method: c.method, url: s.connection(id), body: c.body, most: maxInfo,
	})
	if err != nil {
		return c.broken(ctx, id, unsent, err)
	}
	return c.answered(id, a)
}

// connection returns the URL of a connection, spelled as the AWS SDKs spell it.
func (s *Sender) connection(id tyg.ConnID) *url.URL {
	u := *s.base
	u.Path = s.base.Path + "@connections/" + string(id)
	u.RawPath = s.base.EscapedPath() + apigw.ConnectionsPath("", id)[1:]
	return &u
}

// broken is the outcome of a call without an answer. What may have arrived is not repeated, unless
// it does no harm.
func (c call) broken(ctx context.Context, id tyg.ConnID, unsent bool, err error) outcome {
	out := outcome{tries: atMostThree, maybe: !unsent}
	if c.method == http.MethodPost && !unsent {
		out.tries = once
		err = fmt.Errorf("%w: %w", ErrMaybeSent, err)
	}
	if ctx.Err() != nil {
		out.tries = once
	}
	out.err = c.failed(id, err)
	return out
}

// answered is the outcome of a call with an answer.
func (c call) answered(id tyg.ConnID, a answer) outcome {
	out := outcome{body: a.body, tries: once}
	if out.err = apigw.ReadError(a.status, a.header, id, c.op); out.err == nil {
		return out
	}
	if d, ok := errors.AsType[*apigw.Denied](out.err); ok {
		d.Message = a.message() // who may do what is in it
	}
	switch {
	case a.status == http.StatusTooManyRequests || a.status == http.StatusServiceUnavailable:
		out.tries = always // it was turned away at the door
	case a.status < 500:
	case c.method == http.MethodPost:
		err := errors.Unwrap(out.err)
		out.err = c.failed(id, fmt.Errorf("%w: %w", ErrMaybeSent, err))
	default:
		out.tries, out.maybe = atMostThree, true
	}
	return out
}
