package tygtest

import (
	"context"
	"errors"
	"time"
	"unicode/utf8"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/apigw"
)

// Send sends a message to a client, which receives it next.
func (h *Host) Send(
	ctx context.Context, id tyg.ConnID, data []byte, opts ...tyg.SendOption,
) error {
	m := newMessage(data, opts)
	if err := h.check(ctx, m); err != nil {
		return connError("send", id, err)
	}
	return connError("send", id, h.deliver(id, m))
}

// SendMany sends a message to many clients.
func (h *Host) SendMany(
	ctx context.Context, ids []tyg.ConnID, data []byte, opts ...tyg.SendOption,
) error {
	m := newMessage(data, opts)
	if err := h.check(ctx, m); err != nil {
		return err
	}
	var errs []error
	for _, id := range ids {
		if err := connError("send", id, h.deliver(id, m)); err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// Close ends a connection; the client sees code 1000. See [Host] for when its disconnect event is
// handled.
func (h *Host) Close(ctx context.Context, id tyg.ConnID) error {
	c, err := h.find(ctx, id)
	if err != nil {
		return connError("close", id, err)
	}
	if !c.markEnded(ending{
		client: tyg.Disconnect{Code: 1000},
		event:  tyg.Disconnect{Code: 1000, Reason: closedNormally},
	}) {
		return connError("close", id, tyg.ErrGone)
	}
	if r, ok := ctx.Value(callKey{h}).(*handlerCall); !ok || !h.deferDisconnect(r, c) {
		c.runDisconnect()
	}
	return nil
}

// Info describes a connection.
func (h *Host) Info(ctx context.Context, id tyg.ConnID) (tyg.Info, error) {
	c, err := h.find(ctx, id)
	if err != nil {
		return tyg.Info{}, connError("info", id, err)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	return tyg.Info{
		ConnectedAt:  c.conn.ConnectedAt,
		LastActiveAt: c.active,
		SourceIP:     c.conn.SourceIP,
		UserAgent:    c.conn.UserAgent,
	}, nil
}

// find returns an open connection.
func (h *Host) find(ctx context.Context, id tyg.ConnID) (*Client, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.lookup(id)
}

// lookup returns an open connection. The caller holds mu.
func (h *Host) lookup(id tyg.ConnID) (*Client, error) {
	if !apigw.ValidID(id) {
		return nil, tyg.ErrInvalidID
	}
	c := h.clients[id]
	switch {
	case c == nil:
		return nil, tyg.ErrGone
	case c.state == connecting:
		return nil, tyg.ErrNotOpen
	case c.state == closed:
		return nil, tyg.ErrGone
	}
	return c, nil
}

func (h *Host) deliver(id tyg.ConnID, m message) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	c, err := h.lookup(id)
	if err != nil {
		return err
	}
	c.inbox = append(c.inbox, m)
	c.active = time.Now()
	c.notify()
	return nil
}

// deferDisconnect runs the disconnect event of c at the end of r. It reports false if r has ended.
func (h *Host) deferDisconnect(r *handlerCall, c *Client) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !r.ended {
		r.closed = append(r.closed, c)
	}
	return !r.ended
}

// A message is on its way to or from a client.
type message struct {
	kind tyg.MessageType
	data string
}

func newMessage(data []byte, opts []tyg.SendOption) message {
	return message{tyg.NewSendOptions(opts...).Type, string(data)}
}

// check returns the error for a message that no connection of the host can be sent.
func (h *Host) check(ctx context.Context, m message) error {
	if m.kind == tyg.Binary && !h.Binary {
		return tyg.ErrBinary
	}
	return m.check(ctx)
}

func (m message) check(ctx context.Context) error {
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case len(m.data) > maxMessage:
		return tyg.ErrTooLarge
	case m.kind == tyg.Text && !utf8.ValidString(m.data):
		return tyg.ErrNotText
	}
	return nil
}

// connError wraps err with the operation and the connection; nil stays nil.
func connError(op string, id tyg.ConnID, err error) error {
	if err == nil {
		return nil
	}
	return &tyg.ConnError{Op: op, ID: id, Err: err}
}
