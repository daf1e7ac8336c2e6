// Package suite runs the cases of TestHost and TestSender: a [Case] is a rule and a function of a
// [T], which starts the host under test with an application and connects clients to it.
//
// Package tygtest imports the suites, so that they cannot import it. [Subject], [Dial], [Refused]
// and [Closed] have the same fields there.
package suite

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/tyg-dev/tyg"
)

// Patience is how long a case waits for what must happen, and Short how long it waits for what must
// not. Patience bounds failing tests only.
const (
	Patience = 20 * time.Second
	Short    = 30 * time.Millisecond
)

// MaxMessage is the most bytes of a message, in both directions.
// (https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html)
const MaxMessage = 128 << 10

// A Case is a rule that applications rely on, and a check of it.
type Case struct {
	Name  string
	Rule  string // printed when the check fails
	Check func(t *T)
}

// A Start starts a host that runs h until the test ends.
type Start func(t *testing.T, h tyg.Handler) Subject

// Run checks cases one by one, each on a host of its own.
func Run(t *testing.T, start Start, cases []Case) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), Patience)
			defer cancel()
			c.Check(&T{t: t, Ctx: ctx, rule: c.Rule, start: start, App: tyg.New("conformance")})
		})
	}
}

// A T is one run of a case: a host under test that runs an application, and the events of that. Its
// methods fail the test with the rule of the case.
type T struct {
	Ctx context.Context // of the whole case
	App *tyg.App

	// The handlers of the application, to be set before Start. By default every client is
	// accepted, and a message is echoed.
	OnConnect    tyg.ConnectFunc
	OnOpen       tyg.OpenFunc // nil: the application does not ask for it
	OnMessage    tyg.MessageFunc
	OnDisconnect tyg.DisconnectFunc

	Subject // set by Start
	Events  EventLog

	t     *testing.T
	rule  string
	start Start
}

// Start starts the host with the application.
func (t *T) Start() {
	t.App.Use(t.Events.Record)
	t.App.OnConnect(func(ctx context.Context, c *tyg.Conn, q *tyg.Request) error {
		if t.OnConnect == nil {
			return nil
		}
		return t.OnConnect(ctx, c, q)
	})
	t.App.OnDisconnect(func(ctx context.Context, c *tyg.Conn, d tyg.Disconnect) error {
		if t.OnDisconnect == nil {
			return nil
		}
		return t.OnDisconnect(ctx, c, d)
	})
	if t.OnOpen != nil {
		t.App.OnOpen(t.OnOpen)
	}
	if t.OnMessage == nil {
		t.OnMessage = Echo
	}
	t.App.OnMessage(func(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
		return t.OnMessage(ctx, c, m)
	})
	t.StartHandler(t.App)
}

// StartHandler starts the host with another handler.
func (t *T) StartHandler(h tyg.Handler) { t.Subject = t.start(t.t, h) }

// Helper marks the caller as a helper, as testing.T does.
func (t *T) Helper() { t.t.Helper() }

// Echo sends a message back.
func Echo(ctx context.Context, c *tyg.Conn, m tyg.Message) error { return c.Send(ctx, m.Data) }

// Errorf fails the test.
func (t *T) Errorf(format string, args ...any) {
	t.t.Helper()
	t.t.Errorf(format+"\n\trule: "+t.rule, args...)
}

// Fatalf fails the test and ends it.
func (t *T) Fatalf(format string, args ...any) {
	t.t.Helper()
	t.t.Fatalf(format+"\n\trule: "+t.rule, args...)
}

// WaitEvent waits until pick finds its event among the events of the application.
func (t *T) WaitEvent(what string, pick func([]tyg.Event) int) tyg.Event {
	t.t.Helper()
	e, ok := t.Events.wait(t.Ctx, pick)
	if !ok {
		t.Fatalf("%s did not arrive", what)
	}
	return e
}

// Wait waits for a value that a handler sends.
func Wait[V any](t *T, what string, c <-chan V) V {
	t.Helper()
	var v V
	select {
	case v = <-c:
	case <-t.Ctx.Done():
		t.Fatalf("%s did not arrive", what)
	}
	return v
}

// Eventually waits until a condition holds.
func (t *T) Eventually(what string, holds func() bool) {
	t.t.Helper()
	for !holds() {
		if t.Ctx.Err() != nil {
			t.Fatalf("it did not become true that %s", what)
		}
		time.Sleep(time.Millisecond)
	}
}

// SendMany sends a text to clients.
func (t *T) SendMany(text string, clients ...*Client) {
	t.t.Helper()
	if err := t.Sender.SendMany(t.Ctx, IDs(clients), []byte(text)); err != nil {
		t.Fatalf("SendMany of %s returned %v", Brief(text), err)
	}
}

// IDs returns the connection ids of clients.
func IDs(clients []*Client) []tyg.ConnID {
	var ids []tyg.ConnID
	for _, p := range clients {
		ids = append(ids, p.ID())
	}
	return ids
}

// ExpectSendRefused checks that data is not sent.
func (t *T) ExpectSendRefused(p *Client, data []byte, want error, opts ...tyg.SendOption) {
	t.t.Helper()
	t.ExpectConnError("Send", t.Sender.Send(t.Ctx, p.ID(), data, opts...), p.ID(), want)
	err := t.Sender.SendMany(t.Ctx, []tyg.ConnID{p.ID()}, data, opts...)
	if !errors.Is(err, want) {
		t.Errorf("SendMany returned %v, want %v", err, want)
	}
}

// ExpectConnError checks that err is a ConnError about id that wraps want.
func (t *T) ExpectConnError(call string, err error, id tyg.ConnID, want error) {
	t.t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s returned %v, want %v", call, err, want)
		return
	}
	c, ok := errors.AsType[*tyg.ConnError](err)
	if !ok {
		t.Errorf("%s returned a %T, want a *tyg.ConnError", call, err)
		return
	}
	if c.ID != id {
		t.Errorf("%s returned an error about %q, want %q", call, c.ID, id)
	}
}

// FailOn returns an echo that fails for messages that are text.
func FailOn(text string, fail func() error) tyg.MessageFunc {
	return func(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
		if m.Text() == text {
			return fail()
		}
		return c.Send(ctx, m.Data)
	}
}

// Texts returns messages that a host might change by mistake.
func Texts() []string {
	return []string{"a", "\x00", "line\r\nline", "zwölf 日本語 🍵", `{"json": "\u00e9"}`}
}
