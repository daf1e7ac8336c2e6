package gateway

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/apigw"
	"github.com/tyg-dev/tyg/gateway/internal/accesslog"
	"github.com/tyg-dev/tyg/internal/authorize"
)

// connect runs the connect handler and waits for it no longer than the integration timeout. A
// session that is refused leaves the limiter, at the latest when its handler returns.
func (c *session) connect(w http.ResponseWriter, r *tyg.Request) (tyg.Reply, *refusal) {
	e := c.connectEvent(r)
	if !c.srv.routes.Has(tyg.RouteConnect) {
		c.srv.access.Write(&accesslog.Record{Event: e, Status: http.StatusOK})
		return tyg.Reply{}, nil
	}
	c.srv.connecting.add(c)
	var o connectResult
	if c.inTurn {
		o = c.runConnectHere(w.(*refusalWriter), e)
	} else {
		o = c.runConnect(e)
	}
	return o.reply, c.refused(o, e)
}

// refused returns the refusal that o is, and ends what the session has begun; nil if o is none.
func (c *session) refused(o connectResult, e tyg.Event) *refusal {
	rej := connectRefusal(o.reply, o.err)
	if rej == nil {
		return nil
	}
	rej.requestID, rej.logged, rej.sent = e.RequestID, o.failed(), o.answered
	c.tellEnd(c.leaveGroups(), false)
	c.srv.connecting.remove(c) // not before: OnLeave finds the state
	if o.returned {
		c.srv.limiter.release(c.addr)
	}
	return rej
}

func (c *session) connectEvent(r *tyg.Request) tyg.Event {
	return tyg.Event{
		Type:      tyg.EventConnect,
		Route:     tyg.RouteConnect,
		RequestID: eventID(),
		Time:      c.conn.ConnectedAt,
		Conn:      &c.conn,
		Request:   r,
	}
}

// A connectResult is what a connect handler has returned, if it has.
type connectResult struct {
	reply    tyg.Reply
	err      error
	returned bool // false: it still runs, and only Shutdown waits for it
	answered bool // the client was told that it took too long
}

// failed reports whether the handler has failed, which callHandler has logged then.
func (o connectResult) failed() bool {
	_, rejected := errors.AsType[*tyg.Rejection](o.err)
	return o.returned && o.err != nil && !rejected
}

// runConnect runs the connect handler on a goroutine of its own, which ends with the handler. That
// goroutine releases the connection from the limiter if the handler takes too long.
func (c *session) runConnect(e tyg.Event) connectResult {
	done := make(chan connectResult)
	late := make(chan struct{})
	go func() {
		o := connectResult{err: errExited, returned: true}
		defer func() { // also if the handler ends the goroutine
			select {
			case done <- o:
			case <-late:
				c.srv.limiter.release(c.addr)
			}
		}()
		o.reply, o.err = c.callConnect(&e)
	}()
	var timeout <-chan time.Time // nil without a limit
	if limit := c.srv.limits.Integration; limit > 0 {
		timer := time.NewTimer(limit)
		defer timer.Stop()
		timeout = timer.C
	}
	select {
	case o := <-done:
		return o
	case <-timeout:
		close(late)
		return connectResult{err: errTimedOut}
	}
}

// callConnect calls the connect handler.
func (c *session) callConnect(e *tyg.Event) (tyg.Reply, error) {
	start := time.Now()
	defer c.srv.pace.record(start)
	return c.callHandler(nil, e, start)
}

// runConnectHere runs the connect handler on this goroutine, within a turn. If it takes too long,
// the client is told meanwhile.
func (c *session) runConnectHere(w *refusalWriter, e tyg.Event) (o connectResult) {
	var over atomic.Bool // the handler has returned, or its time has passed
	if limit := c.srv.limits.Integration; limit > 0 {
		timer := time.AfterFunc(limit, func() {
			if over.CompareAndSwap(false, true) {
				rej := connectRefusal(tyg.Reply{}, errTimedOut)
				rej.requestID = e.RequestID
				c.srv.refuse(&refusalWriter{session: c, late: true}, c, *rej)
			}
		})
		defer timer.Stop()
	}
	o = connectResult{err: errExited, returned: true}
	exited := true
	defer func() {
		if exited {
			o.answered = !over.CompareAndSwap(false, true)
			w.exited = func() { c.refuseExited(w, o, e) }
		}
	}()
	o.reply, o.err = c.callConnect(&e)
	exited = false
	if !over.CompareAndSwap(false, true) {
		o.err, o.answered = errTimedOut, true
	}
	return o
}

// refuseExited does what is left to do for a client whose connect handler has ended the goroutine.
func (c *session) refuseExited(w *refusalWriter, o connectResult, e tyg.Event) {
	if rej := c.refused(o, e); !rej.sent {
		c.srv.refuse(w, c, *rej)
	}
}

// connectRefusal returns how connect refuses the handshake, or nil if it does not. The status that
// the handler chose passes through; a handler that failed is 502, a slow one 504, as at API
// Gateway.
func connectRefusal(reply tyg.Reply, err error) *refusal {
	if rej, ok := errors.AsType[*tyg.Rejection](err); ok && rej.Status >= 300 && rej.Status <= 599 {
		return &refusal{cause: forConnect, status: rej.Status, body: []byte(rej.Reason)}
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return &refusal{
			cause: forConnect, status: http.StatusGatewayTimeout, message: apigw.EndpointTimeout,
		}
	case err != nil:
		return &refusal{
			cause: forConnect, status: http.StatusBadGateway, message: apigw.InternalServerError,
		}
	case reply.Status == 0 || reply.Status >= 200 && reply.Status <= 299:
		return nil
	case reply.Status >= 300 && reply.Status <= 599:
		return &refusal{cause: forConnect, status: reply.Status, body: reply.Body}
	}
	return &refusal{
		cause: forConnect, status: http.StatusBadGateway, message: apigw.InternalServerError,
		log: fmt.Sprintf("connect was answered with status %d", reply.Status),
	}
}

// runAuthorizer calls the authorizer, if there is one, and gives the connection the identity that
// it returns.
func (c *session) runAuthorizer(r *tyg.Request) *refusal {
	if c.srv.authorizer == nil {
		return nil
	}
	ctx, cancel := context.Background(), context.CancelFunc(func() {})
	if limit := c.srv.limits.Integration; limit > 0 {
		ctx, cancel = context.WithTimeout(ctx, limit)
	}
	defer cancel()
	id, err := c.srv.authorizer.Ask(ctx, r)
	if err != nil {
		return c.authorizerRefusal(err)
	}
	c.conn.Identity = id
	return nil
}

// authorizerRefusal returns how the handshake is refused after an error of the authorizer.
func (c *session) authorizerRefusal(err error) *refusal {
	status, message := authorize.Status(err)
	if status == http.StatusInternalServerError {
		c.srv.log.Error("authorizer failed", "conn", c.conn.ID, "err", err)
		return &refusal{
			cause: forAuthorizer, status: status, log: "the authorizer failed", logged: true,
		}
	}
	return &refusal{cause: forAuthorizer, status: status, message: message, log: err.Error()}
}
