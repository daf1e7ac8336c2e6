package tygtest

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tyg-dev/tyg"
)

// patience is how long a rig waits for what must happen, and short how long it watches for what
// must not. The first bounds a failing test only.
const (
	patience = 20 * time.Second
	short    = 30 * time.Millisecond
)

// A promise is a case of a suite: a rule that applications rely on, and a check of it.
type promise struct {
	name  string
	rule  string // printed when the check fails
	check func(r *rig)
}

// keep checks promises one by one, each on a host of its own.
func keep(t *testing.T, start func(*testing.T, tyg.Handler) Subject, promises []promise) {
	t.Helper()
	for _, p := range promises {
		t.Run(p.name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			p.check(&rig{t: t, ctx: ctx, rule: p.rule, start: start, app: tyg.New("conformance")})
		})
	}
}

// A rig is a host under test that runs an application, and a journal of the events it has caused.
type rig struct {
	t     *testing.T
	ctx   context.Context // of the whole case
	rule  string
	start func(*testing.T, tyg.Handler) Subject
	app   *tyg.App

	// The handlers of the application, to be set before run. By default everybody is let in, and
	// a message is echoed.
	connect    tyg.ConnectFunc
	message    tyg.MessageFunc
	disconnect tyg.DisconnectFunc

	Subject // set by run
	journal journal
}

// run starts the host.
func (r *rig) run() {
	r.app.Use(r.journal.keep)
	r.app.OnConnect(func(ctx context.Context, c *tyg.Conn, q *tyg.Request) error {
		if r.connect == nil {
			return nil
		}
		return r.connect(ctx, c, q)
	})
	r.app.OnDisconnect(func(ctx context.Context, c *tyg.Conn, d tyg.Disconnect) error {
		if r.disconnect == nil {
			return nil
		}
		return r.disconnect(ctx, c, d)
	})
	if r.message == nil {
		r.message = echo
	}
	r.app.OnMessage(func(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
		return r.message(ctx, c, m)
	})
	r.runHandler(r.app)
}

// runHandler starts the host with another handler than the rig's application.
func (r *rig) runHandler(h tyg.Handler) { r.Subject = r.start(r.t, h) }

func echo(ctx context.Context, c *tyg.Conn, m tyg.Message) error { return c.Send(ctx, m.Data) }

// broken fails the test and tells the rule.
func (r *rig) broken(format string, args ...any) {
	r.t.Helper()
	r.t.Errorf(format+"\n\trule: "+r.rule, args...)
}

// stop is broken for what leaves nothing to go on with.
func (r *rig) stop(format string, args ...any) {
	r.t.Helper()
	r.t.Fatalf(format+"\n\trule: "+r.rule, args...)
}

// A peer is a client of the host under test.
type peer struct {
	Socket
	r    *rig
	conn *tyg.Conn // as the connect handler saw it
}

// open connects a client. Only one goroutine may do so at a time.
func (r *rig) open(d Dial) *peer {
	r.t.Helper()
	seen := r.journal.count(tyg.EventConnect)
	p := &peer{Socket: r.dial(d), r: r}
	p.conn = r.await("a connect event", nth(tyg.EventConnect, seen+1)).Conn
	return p
}

// dial connects a client of an application that need not be the rig's own.
func (r *rig) dial(d Dial) Socket {
	r.t.Helper()
	s, err := r.Dial(r.ctx, d)
	if err != nil {
		r.stop("dial: %v", err)
	}
	r.t.Cleanup(func() { _ = s.Drop() })
	return s
}

// refused dials and returns how the handshake was refused.
func (r *rig) refused(d Dial) *Refused {
	r.t.Helper()
	s, err := r.Dial(r.ctx, d)
	if err == nil {
		_ = s.Drop()
		r.stop("the handshake was accepted")
	}
	refused, ok := errors.AsType[*Refused](err)
	if !ok {
		r.stop("dial: got error %v, want a *Refused", err)
	}
	return refused
}

func (p *peer) id() tyg.ConnID { return p.conn.ID }

func (p *peer) write(text string) {
	p.r.t.Helper()
	if err := p.Write(p.r.ctx, text); err != nil {
		p.r.stop("client's write: %v", err)
	}
}

func (p *peer) read() string {
	p.r.t.Helper()
	text, err := p.Read(p.r.ctx)
	if err != nil {
		p.r.stop("client's read: %v", err)
	}
	return text
}

func (p *peer) expect(want string) {
	p.r.t.Helper()
	if got := p.read(); got != want {
		p.r.broken("client received %s, want %s", brief(got), brief(want))
	}
}

// roundTrip checks that the connection works, where the application echoes. Everything that was
// sent to the client before must have been read.
func (p *peer) roundTrip() {
	p.r.t.Helper()
	p.write("are you there?")
	p.expect("are you there?")
}

// closed reads up to the end of the connection.
func (p *peer) closed() *Closed {
	p.r.t.Helper()
	_, err := p.Read(p.r.ctx)
	closed, ok := errors.AsType[*Closed](err)
	if !ok {
		p.r.stop("client's read: got error %v, want a *Closed", err)
	}
	return closed
}

// gone closes the connection from the client's side and waits until the host knows.
func (p *peer) gone() tyg.Event {
	p.r.t.Helper()
	if err := p.Close(1000, ""); err != nil {
		p.r.stop("client's close: %v", err)
	}
	return p.disconnected()
}

// disconnected waits for the disconnect event.
func (p *peer) disconnected() tyg.Event {
	p.r.t.Helper()
	return p.r.await("the disconnect event", func(events []tyg.Event) int {
		return find(events, func(e tyg.Event) bool {
			return e.Type == tyg.EventDisconnect && e.Conn.ID == p.id()
		})
	})
}

// await waits until pick finds its event in the journal.
func (r *rig) await(what string, pick func([]tyg.Event) int) tyg.Event {
	r.t.Helper()
	e, ok := r.journal.await(r.ctx, pick)
	if !ok {
		r.stop("%s did not come", what)
	}
	return e
}

// wait waits for what a handler reports.
func wait[T any](r *rig, what string, c <-chan T) T {
	r.t.Helper()
	var v T
	select {
	case v = <-c:
	case <-r.ctx.Done():
		r.stop("%s did not come", what)
	}
	return v
}

// A journal remembers the events of an application, in the order in which handling them began.
type journal struct {
	mu      sync.Mutex
	events  []tyg.Event   // guarded by mu
	changed chan struct{} // guarded by mu; closed at the next event
}

// keep is middleware that writes the journal.
func (j *journal) keep(next tyg.Handler) tyg.Handler {
	return tyg.HandlerFunc(func(ctx context.Context, s tyg.Sender, e tyg.Event) (tyg.Reply, error) {
		j.add(e)
		return next.Handle(ctx, s, e)
	})
}

func (j *journal) add(e tyg.Event) {
	e.Message.Data = bytes.Clone(e.Message.Data)
	j.mu.Lock()
	defer j.mu.Unlock()
	j.events = append(j.events, e)
	if j.changed != nil {
		close(j.changed)
		j.changed = nil
	}
}

// all returns the events up to now, and a channel that is closed at the next.
func (j *journal) all() ([]tyg.Event, <-chan struct{}) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.changed == nil {
		j.changed = make(chan struct{})
	}
	return j.events[:len(j.events):len(j.events)], j.changed
}

// of returns the events of one connection up to now.
func (j *journal) of(id tyg.ConnID) []tyg.Event {
	all, _ := j.all()
	var own []tyg.Event
	for _, e := range all {
		if e.Conn.ID == id {
			own = append(own, e)
		}
	}
	return own
}

func (j *journal) count(t tyg.EventType) int {
	n := 0
	all, _ := j.all()
	for _, e := range all {
		if e.Type == t {
			n++
		}
	}
	return n
}

// await waits for an event. pick returns its index, or -1.
func (j *journal) await(ctx context.Context, pick func([]tyg.Event) int) (tyg.Event, bool) {
	for {
		events, changed := j.all()
		if i := pick(events); i >= 0 {
			return events[i], true
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return tyg.Event{}, false
		}
	}
}

// nth picks the n-th event of a type, counted from 1.
func nth(t tyg.EventType, n int) func([]tyg.Event) int {
	return func(events []tyg.Event) int {
		left := n
		return find(events, func(e tyg.Event) bool {
			if e.Type == t {
				left--
			}
			return left == 0
		})
	}
}

func find(events []tyg.Event, match func(tyg.Event) bool) int {
	for i, e := range events {
		if match(e) {
			return i
		}
	}
	return -1
}

// brief quotes a text so that a large one does not flood the log.
func brief(text string) string {
	const most = 100
	if len(text) > most {
		return quote(text[:most]) + " and more"
	}
	return quote(text)
}

func quote(text string) string { return `"` + strings.ToValidUTF8(text, "?") + `"` }
