package tygtest

import (
	"context"
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
	open       tyg.OpenFunc // nil: the application does not ask for it
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
	if r.open != nil {
		r.app.OnOpen(r.open)
	}
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
