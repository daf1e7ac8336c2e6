package gateway

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/internal/ws"
)

// An Observer is told what happens on a Server, message by message, from [Server.Observe] on. Its
// methods run on the goroutine on which it happens, many at the same time, and must return at once.
// What they are given is valid until they return.
type Observer interface {
	// Opened is called for each connection before its first message. The request may be nil.
	Opened(c *tyg.Conn, r *tyg.Request)

	// Received is called before an event is handled. A message without a route is never handled.
	Received(e tyg.Event) Mark

	// Handled is called when the handler of an event has returned, with the Mark of Received. If that
	// is zero, it is called for failures only.
	Handled(e tyg.Event, m Mark, err error)

	// Sending is called before a message is sent, and its result is the Mark that Sent gets with it. A
	// recipient may answer, and Received be called for the answer, before Sent is. The event whose
	// handler sends it began at began, which is zero if the Server does not know.
	Sending(began time.Time) Mark

	// Sent is called when a message was queued for its recipients, or could not be.
	Sent(m SentMessage)

	// Closed is called when a connection has ended, before its disconnect handler.
	Closed(c *tyg.Conn, end tyg.Disconnect, by Closer)

	// Refused is called for each handshake that did not become a connection.
	Refused(c *tyg.Conn, status int, reason string)
}

// A Closer says which end has closed a connection.
type Closer string

// The closers of a connection. If its socket was lost it is the client.
const (
	ClosedByClient Closer = "client"
	ClosedByServer Closer = "server"
)

// A Mark is what an Observer notes of the begin of something, to be told of it at the end: a number
// and a time of its own choice.
type Mark struct {
	Order uint64
	At    time.Time
}

// A SentMessage is one message to one or more connections.
type SentMessage struct {
	Mark Mark // what Sending returned

	// RequestID is that of the event whose handler sent it. Empty means that the Server does not know.
	RequestID string

	// Called means that it came by the @connections API or the API for groups beside it. Trace is the
	// header X-Amzn-Trace-Id of the call: AWS SDKs repeat there what their function was given.
	Called bool
	Trace  string

	Group string // empty: the recipients are no group, or all connections
	All   bool   // to all connections

	Type tyg.MessageType
	Data []byte

	// One is the recipient of a message to one connection. Else To are the recipients, MaxRecipients
	// at most, and Recipients is the number of all.
	One        Recipient
	To         []Recipient
	Recipients int
}

// A Recipient is a connection that a message was for, and why it did not get it.
type Recipient struct {
	ID  tyg.ConnID
	Err error
}

// MaxRecipients is the most recipients of one message that an Observer is told of.
const MaxRecipients = 1000

// Observe has an Observer told of all that happens from now on, in place of the one before. Nil
// ends that; calls under way may still return later. Without an Observer it costs a message two
// loads of a pointer.
func (s *Server) Observe(o Observer) {
	if o == nil {
		s.observer.Store(nil)
		return
	}
	s.observer.Store(&o)
}

// RequestID returns the id of the event that the context of a Handler belongs to, or "".
func RequestID(ctx context.Context) string {
	if e, ok := ctx.Value(eventKey{}).(*eventContext); ok {
		return e.requestID
	}
	return ""
}

// observed returns the Observer, or nil.
func (s *Server) observed() Observer {
	if o := s.observer.Load(); o != nil {
		return *o
	}
	return nil
}

// observeSend is sendOne, of which it tells an Observer.
func (s *Server) observeSend(
	ctx context.Context, o Observer, id tyg.ConnID, data []byte, opts []tyg.SendOption,
) error {
	e := s.eventFrom(ctx)
	mark := o.Sending(e.began())
	err := s.sendOne(ctx, id, data, opts)
	m := SentMessage{
		Mark: mark, Type: tyg.NewSendOptions(opts...).Type, Data: data,
		One: Recipient{ID: id, Err: err}, Recipients: 1,
	}
	setOrigin(ctx, e, &m)
	o.Sent(m)
	return err
}

// observeMany is sendMany, of which it tells an Observer.
func (s *Server) observeMany(
	ctx context.Context, o Observer, ids []tyg.ConnID, data []byte, opts []tyg.SendOption,
) error {
	e := s.eventFrom(ctx)
	mark := o.Sending(e.began())
	err := s.sendMany(ctx, ids, data, opts)
	failed := make(map[tyg.ConnID]error)
	for id, err := range tyg.Failures(err) {
		failed[id] = err
	}
	var all error // why it was sent to none
	if len(failed) == 0 {
		all = err
	}
	m := SentMessage{
		Mark: mark, Type: tyg.NewSendOptions(opts...).Type, Data: data, Recipients: len(ids),
	}
	setOrigin(ctx, e, &m)
	for _, id := range ids[:min(len(ids), MaxRecipients)] {
		m.To = append(m.To, Recipient{ID: id, Err: cmp.Or(failed[id], all)})
	}
	o.Sent(m)
	return err
}

// observeGroup is sendToGroup, of which it tells an Observer.
func (s *Server) observeGroup(
	ctx context.Context, observer Observer, group string, data []byte, o tyg.GroupOptions,
) (tyg.Delivery, error) {
	e := s.eventFrom(ctx)
	mark := observer.Sending(e.began())
	d, to, err := s.sendToGroup(ctx, group, data, o)
	m := SentMessage{
		Mark: mark, Type: o.Type, Data: data, Group: group, All: group == "",
		Recipients: d.Reached + len(d.Slow) + len(d.Gone),
	}
	setOrigin(ctx, e, &m)
	if err != nil {
		m.Recipients = len(to)
	}
	for _, c := range to {
		if len(m.To) == MaxRecipients {
			break
		}
		r := Recipient{ID: c.conn.ID, Err: err}
		switch {
		case slices.Contains(o.Except, r.ID):
			continue
		case slices.Contains(d.Slow, r.ID):
			r.Err = tyg.ErrThrottled
		case slices.Contains(d.Gone, r.ID):
			r.Err = tyg.ErrGone
		}
		m.To = append(m.To, r)
	}
	observer.Sent(m)
	return d, err
}

// reply sends what the gateway itself sends for an event, unless err says why it may not be sent,
// and tells the Observer of it.
func (c *session) reply(requestID string, op ws.Opcode, data []byte, err error) error {
	o := c.srv.observed()
	var mark Mark
	if o != nil {
		mark = o.Sending(time.Time{})
	}
	if err == nil {
		err = c.send(nil, op, data)
	}
	if o != nil {
		o.Sent(SentMessage{
			Mark: mark, RequestID: requestID, Type: messageType(op),
			Data: slices.Clone(data), // else data is always on the heap
			One:  Recipient{ID: c.conn.ID, Err: err}, Recipients: 1,
		})
	}
	return err
}

// setOrigin sets what a message says of the event or the call that ctx belongs to. e is the event's
// context, or nil.
func setOrigin(ctx context.Context, e *eventContext, m *SentMessage) {
	if e != nil {
		m.RequestID = e.requestID
		if ctx == context.Context(e) {
			return // no call is in between
		}
	}
	if trace, ok := ctx.Value(callKey{}).(string); ok {
		m.Called, m.Trace = true, trace
	}
}

// callKey is the key of the trace header of a call of the @connections API, while there is an
// Observer.
type callKey struct{}

// callContext returns the context for what a call does.
func (s *Server) callContext(r *http.Request) context.Context {
	ctx := tyg.WithCaller(r.Context(), r.Header)
	if s.observed() == nil {
		return ctx
	}
	return context.WithValue(ctx, callKey{}, r.Header.Get(headerTrace))
}

// A ConnState is what a Server knows of one of its connections at a moment.
type ConnState struct {
	Conn         *tyg.Conn // do not change it
	LastActiveAt time.Time // of the last message, in or out
	Queued       int       // bytes that wait for the client to take them
	Groups       []string
}

// ConnStates returns the newest connections, at most so many, newest first, and how many bytes wait
// for all connections together. It takes a lock of each connection for a moment.
func (s *Server) ConnStates(most int) (list []ConnState, queued int64) {
	if s.Start() != nil {
		return nil, 0
	}
	all := slices.Clone(s.hub.all())
	for _, c := range all {
		queued += int64(c.queued())
	}
	slices.SortFunc(all, func(a, b *session) int {
		return b.conn.ConnectedAt.Compare(a.conn.ConnectedAt)
	})
	for _, c := range all[:min(len(all), most)] {
		list = append(list, c.state())
	}
	return list, queued
}

func (c *session) queued() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.queuedLocked()
}

func (c *session) state() ConnState {
	st := ConnState{
		Conn: &c.conn, LastActiveAt: c.srv.clock.time(c.lastActive.Load()), Queued: c.queued(),
	}
	if a := c.attached.Load(); a != nil {
		st.Groups = a.groups.Names()
	}
	return st
}

// observeClosed tells the Observer how the connection has ended.
func (c *session) observeClosed() {
	o := c.srv.observed()
	if o == nil {
		return
	}
	c.mu.Lock()
	end := c.cause
	c.mu.Unlock()
	by := ClosedByServer
	if c.readClosed || end.Code == ws.CloseAbnormal {
		by = ClosedByClient
	}
	o.Closed(&c.conn, end, by)
}
