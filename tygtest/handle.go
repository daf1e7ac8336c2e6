package tygtest

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"net"
	"net/http"
	"net/url"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/apigw"
	"github.com/tyg-dev/tyg/internal/authorize"
)

// domain is the host name that clients connect to.
// (https://www.rfc-editor.org/rfc/rfc2606#section-2)
const domain = "tyg.test"

// A handlerCall is one call of the handler, with the disconnect events that it has caused.
type handlerCall struct {
	ended  bool      // guarded by Host.mu
	closed []*Client // guarded by Host.mu
}

// A callKey is the key of the *handlerCall in the context of a host's handler.
type callKey struct{ host *Host }

// connect asks the authorizer and runs the connect handler, if there are any. Its error is a
// *Refused.
func (h *Host) connect(c *Client, r *tyg.Request) error {
	id, err := h.authorizer.Ask(context.Background(), r)
	if err != nil {
		status, message := authorize.Status(err)
		h.t.Logf("authorize %s: %v", c.conn.ID, err)
		return &Refused{Status: status, Body: message}
	}
	c.conn.Identity = id
	if !h.routes.Has(tyg.RouteConnect) {
		h.open(c)
		return nil
	}
	e := newEvent(c, tyg.EventConnect, tyg.RouteConnect)
	e.Request = r
	reply, err := h.call(e)
	if refused := h.refusal(e, reply, err); refused != nil {
		return refused
	}
	c.conn.Subprotocol = cmp.Or(reply.Subprotocol, r.SelectedSubprotocol())
	h.open(c)
	return nil
}

// open opens the connection for messages, and runs the open handler, if there is one. The caller
// holds c.busy.
func (h *Host) open(c *Client) {
	c.markOpen()
	if !h.opens {
		return
	}
	e := newEvent(c, tyg.EventOpen, tyg.RouteOpen)
	if _, err := h.call(e); err != nil {
		h.recordFailure(e, err)
	}
}

// refusal returns how the outcome of connect refuses the client, nil if it accepts the client.
func (h *Host) refusal(e tyg.Event, reply tyg.Reply, err error) *Refused {
	if err == nil {
		return refusalByReply(reply)
	}
	if r, ok := errors.AsType[*tyg.Rejection](err); ok && isRefusal(r.Status) {
		return &Refused{Status: r.Status, Body: r.Reason}
	}
	h.recordFailure(e, err)
	status, message := http.StatusBadGateway, apigw.InternalServerError
	if errors.Is(err, errTimeout) {
		status, message = http.StatusGatewayTimeout, apigw.EndpointTimeout
	}
	body := apigw.AppendErrorFrame(nil, message, e.Conn.ID, e.RequestID)
	return &Refused{Status: status, Body: string(body)}
}

func refusalByReply(reply tyg.Reply) *Refused {
	switch status := reply.Status; {
	case status == 0 || 200 <= status && status <= 299:
		return nil
	case isRefusal(status):
		return &Refused{Status: status, Body: string(reply.Body)}
	}
	return &Refused{Status: http.StatusBadGateway, Body: string(reply.Body)}
}

// isRefusal reports whether a handshake can be refused with this status.
func isRefusal(status int) bool { return 300 <= status && status <= 599 }

// message runs the handler of a message. The caller holds c.busy.
func (h *Host) message(c *Client, m message) {
	e := newEvent(c, tyg.EventMessage, "")
	e.Message = tyg.Message{ID: newID(), Data: []byte(m.data), Type: m.kind}
	key, ok := h.routes.Select(e.Message.Data)
	if !ok {
		h.sendErrorFrame(e, apigw.Forbidden)
		return
	}
	e.Route = key
	reply, err := h.call(e)
	defer clear(e.Message.Data) // a handler that keeps it must notice
	if err == nil && h.responds(key) {
		err = h.reply(e.Conn.ID, reply)
	}
	if err == nil {
		return
	}
	h.recordFailure(e, err)
	if errors.Is(err, errTimeout) {
		h.sendErrorFrame(e, apigw.EndpointTimeout)
		return
	}
	h.sendErrorFrame(e, apigw.InternalServerError)
}

// reply sends the body of a route response. It is no failure that the client has left.
func (h *Host) reply(id tyg.ConnID, reply tyg.Reply) error {
	m := message{reply.Type, string(reply.Body)}
	if !h.Binary {
		m.kind = tyg.Text
	}
	if err := m.check(context.Background()); err != nil {
		return err
	}
	if err := h.deliver(id, m); !errors.Is(err, tyg.ErrGone) {
		return err
	}
	return nil
}

// disconnect tells the application of the groups that the connection leaves, and runs the
// disconnect handler, if there is one. The caller holds c.busy.
func (h *Host) disconnect(c *Client) {
	defer h.forget(c)
	h.leaveGroups(c)
	if !h.routes.Has(tyg.RouteDisconnect) {
		return
	}
	e := newEvent(c, tyg.EventDisconnect, tyg.RouteDisconnect)
	e.Disconnect = c.ended.event
	if _, err := h.call(e); err != nil {
		h.recordFailure(e, err)
	}
}

// forget ends what the application has attached to a connection.
func (h *Host) forget(c *Client) {
	c.value.End()
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.leaving, c.conn.ID)
}

// sendErrorFrame sends one of API Gateway's error frames.
func (h *Host) sendErrorFrame(e tyg.Event, text string) {
	frame := apigw.AppendErrorFrame(nil, text, e.Conn.ID, e.RequestID)
	_ = h.deliver(e.Conn.ID, message{tyg.Text, string(frame)}) // the client may have left
}

// errTimeout is the failure of a handler that did not return in time.
var errTimeout = errors.New("handler ran past the host's timeout")

// call runs the handler, and then the disconnect events that it caused on other connections.
func (h *Host) call(e tyg.Event) (tyg.Reply, error) {
	r := new(handlerCall)
	defer h.finishCall(r)
	ctx, cancel := h.handlerContext(r)
	defer cancel()
	reply, err := h.callHandler(ctx, e)
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return tyg.Reply{}, errors.Join(errTimeout, err)
	}
	return reply, err
}

// callHandler calls the handler, and returns a panic as an error.
func (h *Host) callHandler(ctx context.Context, e tyg.Event) (_ tyg.Reply, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &tyg.PanicError{Value: v, Stack: debug.Stack()}
		}
	}()
	return h.handler.Handle(ctx, e)
}

func (h *Host) finishCall(r *handlerCall) {
	h.mu.Lock()
	r.ended = true
	closed := r.closed
	h.mu.Unlock()
	for _, c := range closed {
		c.runDisconnect()
	}
}

// recordFailure records and logs the failure of a handler.
func (h *Host) recordFailure(e tyg.Event, err error) {
	h.mu.Lock()
	h.errs = append(h.errs, err)
	ended := h.ended
	h.mu.Unlock()
	if ended {
		return // a test that has ended cannot log
	}
	h.t.Logf("handle %s of %s, request %s: %v", e.Route, e.Conn.ID, e.RequestID, err)
	if p, ok := errors.AsType[*tyg.PanicError](err); ok {
		h.t.Logf("%s", p.Stack)
	}
}

func newEvent(c *Client, t tyg.EventType, route string) tyg.Event {
	return tyg.Event{Type: t, Route: route, RequestID: newID(), Time: time.Now(), Conn: c.conn}
}

func requestOf(d Dial) *tyg.Request {
	r := &tyg.Request{
		Host:         domain,
		Header:       make(http.Header),
		Query:        make(url.Values),
		SourceIP:     sourceIP(d),
		Subprotocols: d.Subprotocols,
	}
	for _, name := range slices.Sorted(maps.Keys(d.Header)) { // a map has no order
		key := http.CanonicalHeaderKey(name)
		if r.Header[key] == nil {
			r.HeaderNames = append(r.HeaderNames, name)
		}
		r.Header[key] = append(r.Header[key], d.Header[name]...)
	}
	for name, values := range d.Query {
		r.Query[name] = append([]string(nil), values...)
	}
	if len(d.Subprotocols) > 0 {
		r.HeaderNames = slices.DeleteFunc(r.HeaderNames, isProtocolHeader)
		r.HeaderNames = append(r.HeaderNames, "Sec-WebSocket-Protocol")
		r.Header.Set("Sec-WebSocket-Protocol", strings.Join(d.Subprotocols, ", "))
	}
	return r
}

func isProtocolHeader(name string) bool { return strings.EqualFold(name, "Sec-WebSocket-Protocol") }

// sourceIP returns the client's address, by default one that is reserved for documentation
// (https://www.rfc-editor.org/rfc/rfc5737#section-3).
func sourceIP(d Dial) string {
	if d.SourceIP != "" {
		return d.SourceIP
	}
	return net.IPv4(192, 0, 2, 1).String()
}
