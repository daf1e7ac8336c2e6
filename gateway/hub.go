package gateway

import (
	"context"
	"encoding/binary"
	"errors"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/apigw"
	"github.com/tyg-dev/tyg/internal/ws"
)

// hub finds the session of an id. It is cut into shards so that connects and disconnects do not
// stand in the way of sends.
type hub struct {
	shards [hubShards]shard
	size   atomic.Int64
}

const hubShards = 64

// A shard finds sessions by a key of 8 bytes, which takes half as long as by id and half the
// memory. Sessions that share a key are a list.
type shard struct {
	mu       sync.Mutex // held for a few instructions: a RWMutex would take longer to take
	sessions map[uint64]*session
}

// keyOf folds an id. Those that connid makes differ in each of their last 11 characters.
func keyOf(id tyg.ConnID) (key uint64) {
	if len(id) == 16 {
		return binary.LittleEndian.Uint64([]byte(id[7:15]))
	}
	for _, c := range []byte(id) {
		key = key*31 + uint64(c)
	}
	return key
}

func (h *hub) open() {
	for i := range h.shards {
		h.shards[i].sessions = make(map[uint64]*session)
	}
}

func (h *hub) shard(key uint64) *shard { return &h.shards[(key^key>>8^key>>16)%hubShards] }

func (h *hub) add(c *session) {
	key := keyOf(c.conn.ID)
	s := h.shard(key)
	s.mu.Lock()
	c.next = s.sessions[key]
	s.sessions[key] = c
	s.mu.Unlock()
	h.size.Add(1)
}

// remove forgets c, if it was ever added.
func (h *hub) remove(c *session) {
	key := keyOf(c.conn.ID)
	s := h.shard(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	at := s.sessions[key]
	switch {
	case at == nil:
		return
	case at != c:
		for ; at.next != c; at = at.next {
			if at.next == nil {
				return
			}
		}
		at.next = c.next
	case c.next != nil:
		s.sessions[key] = c.next
	default:
		delete(s.sessions, key)
	}
	h.size.Add(-1)
}

func (h *hub) get(id tyg.ConnID) *session {
	key := keyOf(id)
	s := h.shard(key)
	s.mu.Lock()
	c := s.sessions[key]
	for c != nil && c.conn.ID != id {
		c = c.next
	}
	s.mu.Unlock()
	return c
}

// each calls f for every session, with no lock held.
func (h *hub) each(f func(*session)) {
	var some []*session
	for i := range h.shards {
		some = h.shards[i].list(some[:0])
		for _, c := range some {
			f(c)
		}
	}
}

func (s *shard) list(to []*session) []*session {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.sessions {
		for ; c != nil; c = c.next {
			to = append(to, c)
		}
	}
	return to
}

// Send sends one message to a connection of this Server.
func (s *Server) Send(
	ctx context.Context, id tyg.ConnID, data []byte, opts ...tyg.SendOption,
) error {
	const op = "send"
	opcode, err := s.opcode(data, tyg.NewSendOptions(opts...).Type)
	if err != nil {
		return &tyg.ConnError{Op: op, ID: id, Err: err}
	}
	e := s.eventFrom(ctx)
	if e != nil && e.kind == tyg.EventMessage && e.conn.conn.ID == id {
		return s.sent(op, id, e.conn.send(e, opcode, data)) // most sends: nobody has to be looked for
	}
	c, err := s.find(op, id)
	if err != nil {
		return err
	}
	return s.sent(op, id, c.send(e, opcode, data))
}

// sent names the connection in what came of a send.
func (s *Server) sent(op string, id tyg.ConnID, err error) error {
	if err != nil {
		return s.failed(op, id, err)
	}
	return nil
}

// eventFrom returns the event of s that ctx belongs to, or nil. It finds it through the contexts
// that middleware has put around it.
func (s *Server) eventFrom(ctx context.Context) *eventContext {
	e, ok := ctx.(*eventContext) // as without middleware; this is faster than Value
	if !ok {
		e, ok = ctx.Value(eventKey{}).(*eventContext)
	}
	if ok && e.conn.srv == s {
		return e
	}
	return nil
}

// SendMany sends one message to many connections of this Server. The frame is made once. A recipient
// whose queue is full is closed with 1013, and its error is tyg.ErrThrottled.
func (s *Server) SendMany(
	ctx context.Context, ids []tyg.ConnID, data []byte, opts ...tyg.SendOption,
) error {
	const op = "send"
	opcode, err := s.opcode(data, tyg.NewSendOptions(opts...).Type)
	if err != nil {
		return err
	}
	e, m, now := s.eventFrom(ctx), newShared(opcode, data), time.Now()
	var errs []error
	b := s.batch(len(ids))
	defer flushBatch(b)
	for _, id := range ids {
		c, err := s.find(op, id)
		if err == nil {
			if err = c.sendShared(e, m, b, now); err != nil {
				err = s.failed(op, id, err)
			}
		}
		if err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// Close closes a connection of this Server with code 1000.
func (s *Server) Close(ctx context.Context, id tyg.ConnID) error {
	return s.CloseWith(ctx, id, ws.CloseNormal, "Connection Closed Normally")
}

// CloseWith closes a connection of this Server with a code and reason of the caller's choice (RFC
// 6455 section 7.4; 4000 to 4999 are for applications). A code that may not be sent is an error, and so
// is a reason over 123 bytes. Not on AWS.
func (s *Server) CloseWith(_ context.Context, id tyg.ConnID, code tyg.CloseCode, reason string) error {
	const op = "close"
	if !ws.ValidCloseCode(int(code)) || len(reason) > maxCloseReason || !utf8.ValidString(reason) {
		return &tyg.ConnError{Op: op, ID: id, Err: errCloseCode}
	}
	c, err := s.find(op, id)
	if err != nil {
		return err
	}
	if !c.close(code, reason, time.Now()) {
		return s.failed(op, id, tyg.ErrGone)
	}
	return nil
}

var errCloseCode = errors.New("the code must be one of RFC 6455 section 7.4 that may be sent, " +
	"and the reason at most 123 bytes of UTF-8")

// Info tells what is known of a connection of this Server.
func (s *Server) Info(_ context.Context, id tyg.ConnID) (tyg.Info, error) {
	const op = "info"
	c, err := s.find(op, id)
	if err != nil {
		return tyg.Info{}, err
	}
	if c.closing.Load() {
		return tyg.Info{}, s.failed(op, id, tyg.ErrGone)
	}
	return tyg.Info{
		ConnectedAt:  c.conn.ConnectedAt,
		LastActiveAt: time.Unix(0, c.active.Load()),
		SourceIP:     c.conn.SourceIP,
		UserAgent:    c.conn.UserAgent,
	}, nil
}

func (s *Server) find(op string, id tyg.ConnID) (*session, error) {
	if err := s.Start(); err != nil {
		return nil, err
	}
	if c := s.hub.get(id); c != nil {
		return c, nil
	}
	if !apigw.ValidID(id) {
		return nil, s.failed(op, id, tyg.ErrInvalidID)
	}
	return nil, s.failed(op, id, tyg.ErrGone)
}

func (s *Server) failed(op string, id tyg.ConnID, err error) error {
	if err == tyg.ErrThrottled && s.Trace.Throttled != nil {
		s.Trace.Throttled(id)
	}
	return &tyg.ConnError{Op: op, ID: id, Err: err}
}
