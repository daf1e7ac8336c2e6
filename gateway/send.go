package gateway

import (
	"context"
	"errors"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/apigw"
	"github.com/tyg-dev/tyg/internal/ws"
)

// Send sends one message to a connection of this Server.
func (s *Server) Send(
	ctx context.Context, id tyg.ConnID, data []byte, opts ...tyg.SendOption,
) error {
	if o := s.observed(); o != nil {
		return s.observeSend(ctx, o, id, data, opts)
	}
	return s.sendOne(ctx, id, data, opts)
}

func (s *Server) sendOne(
	ctx context.Context, id tyg.ConnID, data []byte, opts []tyg.SendOption,
) error {
	const op = "send"
	opcode, err := s.opcode(data, tyg.NewSendOptions(opts...).Type)
	if err != nil {
		return &tyg.ConnError{Op: op, ID: id, Err: err}
	}
	e := s.eventFrom(ctx)
	if e != nil && e.eventType == tyg.EventMessage && e.session.conn.ID == id {
		// Most sends: the session is at hand.
		return s.wrapSendError(op, id, e.session.send(e, opcode, data))
	}
	c, err := s.findSession(e, op, id)
	if err != nil {
		return err
	}
	return s.wrapSendError(op, id, c.send(e, opcode, data))
}

// opcode returns the opcode of the frame for data, or why data may not be sent.
func (s *Server) opcode(data []byte, t tyg.MessageType) (ws.Opcode, error) {
	if limit := s.limits.Message; limit > 0 && len(data) > limit {
		return 0, tyg.ErrTooLarge
	}
	if t == tyg.Binary {
		if !s.Extensions.Binary {
			return 0, tyg.ErrBinary
		}
		return ws.OpBinary, nil
	}
	if !ws.ValidText(data) {
		return 0, tyg.ErrNotText
	}
	return ws.OpText, nil
}

// eventFrom returns the event of s that ctx belongs to, or nil. It looks through the contexts that
// middleware has wrapped around it.
func (s *Server) eventFrom(ctx context.Context) *eventContext {
	e, ok := ctx.(*eventContext) // no middleware has wrapped it; this is faster than Value
	if !ok {
		e, ok = ctx.Value(eventKey{}).(*eventContext)
	}
	if ok && e.session.srv == s {
		return e
	}
	return nil
}

// send queues one message, and writes it unless another goroutine writes or the replies are held. e
// is the event that it is sent from, nil if unknown.
func (c *session) send(e *eventContext, op ws.Opcode, data []byte) error {
	c.mu.Lock()
	if err := c.checkQueueLocked(len(data)); err != nil {
		c.mu.Unlock()
		return err
	}
	c.srv.count.sent.Add(1)
	if e == nil || e.session != c { // else its message has just set the time
		c.lastActive.Store(c.srv.clock.now())
	}
	c.queueMessageLocked(op, data, e != nil && e.session == c)
	c.holdOrFlushUnlock(e, nil)
	return nil
}

// SendMany sends one message to many connections of this Server. The frame is made once. A
// recipient whose queue is full is closed with 1013, and its error is tyg.ErrThrottled.
func (s *Server) SendMany(
	ctx context.Context, ids []tyg.ConnID, data []byte, opts ...tyg.SendOption,
) error {
	if o := s.observed(); o != nil {
		return s.observeMany(ctx, o, ids, data, opts)
	}
	return s.sendMany(ctx, ids, data, opts)
}

func (s *Server) sendMany(
	ctx context.Context, ids []tyg.ConnID, data []byte, opts []tyg.SendOption,
) error {
	const op = "send"
	opcode, err := s.opcode(data, tyg.NewSendOptions(opts...).Type)
	if err != nil {
		return err
	}
	e, now := s.eventFrom(ctx), time.Now()
	m := newSharedMessage(e, opcode, data)
	var errs []error
	b := s.newBatch(len(ids))
	defer flushBatch(b)
	for _, id := range ids {
		c, err := s.findSession(e, op, id)
		if err == nil {
			if err = c.sendShared(e, m, b, now); err != nil {
				err = s.connError(op, id, err)
			}
		}
		if err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// Info returns what is known of a connection of this Server.
func (s *Server) Info(ctx context.Context, id tyg.ConnID) (tyg.Info, error) {
	const op = "info"
	c, err := s.findSession(s.eventFrom(ctx), op, id)
	if err != nil {
		return tyg.Info{}, err
	}
	if c.closing.Load() {
		return tyg.Info{}, s.connError(op, id, tyg.ErrGone)
	}
	return tyg.Info{
		ConnectedAt:  c.conn.ConnectedAt,
		LastActiveAt: s.clock.time(c.lastActive.Load()),
		SourceIP:     c.conn.SourceIP,
		UserAgent:    c.conn.UserAgent,
	}, nil
}

// findSession returns the session of id, for the operation op from the event e, which may be nil.
func (s *Server) findSession(e *eventContext, op string, id tyg.ConnID) (*session, error) {
	if err := s.Start(); err != nil {
		return nil, err
	}
	if c := s.hub.get(id); c != nil {
		return c, nil
	}
	if !apigw.ValidID(id) {
		return nil, s.connError(op, id, tyg.ErrInvalidID)
	}
	if e != nil && e.eventType == tyg.EventConnect && e.session.conn.ID == id {
		return nil, s.connError(op, id, tyg.ErrNotOpen)
	}
	return nil, s.connError(op, id, tyg.ErrGone)
}

// wrapSendError makes the error of a send a ConnError.
func (s *Server) wrapSendError(op string, id tyg.ConnID, err error) error {
	if err != nil {
		return s.connError(op, id, err)
	}
	return nil
}

// connError returns err as the ConnError of an operation, and traces ErrThrottled.
func (s *Server) connError(op string, id tyg.ConnID, err error) error {
	if err == tyg.ErrThrottled && s.Trace.Throttled != nil {
		s.Trace.Throttled(id)
	}
	return &tyg.ConnError{Op: op, ID: id, Err: err}
}
