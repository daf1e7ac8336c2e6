package tygotel_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/tygotel"
	"github.com/tyg-dev/tyg/tygtest"
)

// newApp returns an application that does what messages say.
func newApp() *tyg.App {
	app := tyg.New("test")
	app.OnConnect(func(_ context.Context, c *tyg.Conn, r *tyg.Request) error {
		switch r.Query.Get("be") {
		case "refused":
			return tyg.Reject(http.StatusForbidden, "no")
		case "failed":
			return errors.New("oops")
		}
		return nil
	})
	app.OnOpen(func(context.Context, *tyg.Conn) error { return nil })
	app.OnMessage(func(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
		switch m.Text() {
		case "fail":
			return fmt.Errorf("handle: %w", errors.New("oops"))
		case "panic":
			panic("oops")
		}
		return c.Send(ctx, m.Data)
	})
	app.OnRoute("all", func(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
		return errors.Join(
			c.SendString(ctx, "one"),
			app.Sender().SendMany(ctx, []tyg.ConnID{c.ID, c.ID}, []byte("many")),
			app.Everyone().SendString(ctx, "all"),
		)
	})
	app.OnRoute("gone", func(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
		_ = app.Sender().Send(ctx, "R1kmxc2VNjMCFIA=", nil)
		return nil
	})
	app.OnRoute("close", func(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
		return c.Close(ctx)
	})
	return app
}

// traced returns newApp with a host.
func traced(t *testing.T, r *rig) (*tyg.App, *tygtest.Host) {
	t.Helper()
	app := newApp()
	tygotel.Instrument(app, r.cfg)
	return app, tygtest.NewHost(t, app)
}

func TestEventsAreSpansLinkedToTheirConnect(t *testing.T) {
	r := newRig(t)
	_, host := traced(t, r)
	c, err := host.Try(tygtest.Dial{Header: http.Header{
		"Traceparent": {traceParent}, "User-Agent": {"browser"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	c.Send("hello")
	c.Expect("hello")
	c.Close(1000, "bye")

	connect := r.one(t, "connect")
	if connect.SpanContext.TraceID().String() != clientTrace ||
		connect.Parent.SpanID().String() != clientSpan || !connect.Parent.IsRemote() {
		t.Errorf("connect does not continue the client's trace: %v", connect.Parent)
	}
	checkAttrs(t, "connect", connect.Attributes, "tyg.event=connect", "tyg.route=$connect",
		"tyg.connection.id="+string(c.ID()), "http.response.status_code=101",
		"http.request.method=GET", "url.path=/test", "client.address=192.0.2.1",
		"user_agent.original=browser", "network.protocol.name=websocket", "error.type=")
	for _, name := range []string{"open", "message $default", "disconnect"} {
		s := r.one(t, name)
		if s.Parent.IsValid() || s.SpanContext.TraceID() == connect.SpanContext.TraceID() {
			t.Errorf("%s is in a trace of others", name)
		}
		if !linked(s, connect) || s.SpanKind != trace.SpanKindServer {
			t.Errorf("%s: links %v, kind %v", name, s.Links, s.SpanKind)
		}
		checkAttrs(t, name, s.Attributes, "tyg.connection.id="+string(c.ID()))
	}
	checkAttrs(t, "message", r.one(t, "message $default").Attributes, "tyg.route=$default",
		"tyg.message.type=text", "tyg.message.size=5", "tyg.sends=1")
	checkAttrs(t, "disconnect", r.one(t, "disconnect").Attributes, "tyg.close.code=1000")
	for _, s := range r.spans.GetSpans() {
		for _, kv := range s.Attributes {
			if v := kv.Value.String(); v == "hello" || v == "bye" {
				t.Errorf("%s tells what the client wrote: %s", s.Name, kv.Key)
			}
		}
	}
}

func TestSendsAreChildren(t *testing.T) {
	r := newRig(t)
	app, host := traced(t, r)
	c := host.Dial()
	c.Send(`{"action":"all"}`)
	message := r.one(t, "message all")
	for name, want := range map[string][]string{
		"send":          {"tyg.send.operation=send", "tyg.send.recipients=1", "tyg.message.size=3"},
		"send many":     {"tyg.send.operation=send_many", "tyg.send.recipients=2"},
		"send to group": {"tyg.send.recipients=1", "tyg.group=", "tyg.send.failed=0"},
	} {
		s := r.one(t, name)
		if !childOf(s, message) || s.SpanKind != trace.SpanKindProducer {
			t.Errorf("%s: parent %v, kind %v", name, s.Parent, s.SpanKind)
		}
		checkAttrs(t, name, s.Attributes, want...)
	}
	checkAttrs(t, "message", message.Attributes, "tyg.sends=3")

	c.Send(`{"action":"gone"}`)
	s := r.await(t, "send", 2)[1]
	checkAttrs(t, "send to a connection that is gone", s.Attributes,
		"error.type=gone", "tyg.send.failed=1")
	if s.Status.Code != codes.Error || r.one(t, "message gone").Status.Code != codes.Unset {
		t.Errorf("status %v of the send, %v of the message", s.Status, r.one(t, "message gone").Status)
	}

	if err := app.Sender().Send(t.Context(), c.ID(), []byte("from a timer")); err != nil {
		t.Fatal(err)
	}
	if s := r.await(t, "send", 3)[2]; s.Parent.IsValid() {
		t.Errorf("a send outside of handlers has the parent %v", s.Parent)
	}
	c.Send(`{"action":"close"}`)
	if s := r.one(t, "close"); !childOf(s, r.one(t, "message close")) {
		t.Errorf("close: parent %v", s.Parent)
	}
}

func TestSendsAreEvents(t *testing.T) {
	r := newRig(t)
	r.cfg.SendEvents = true
	_, host := traced(t, r)
	host.Dial().Send(`{"action":"all"}`)
	message := r.one(t, "message all")
	var events []string
	for _, e := range message.Events {
		events = append(events, e.Name+" "+attr(e.Attributes, "tyg.send.recipients"))
	}
	if got := fmt.Sprint(events); got != "[send 1 send many 2 send to group 1]" {
		t.Errorf("events %v", got)
	}
	for _, name := range names(r.spans.GetSpans()) {
		if name == "send" {
			t.Error("there is a span too")
		}
	}
}

func TestSendsOfOneEventAreBounded(t *testing.T) {
	r := newRig(t)
	app := tyg.New("test")
	app.OnMessage(func(ctx context.Context, c *tyg.Conn, _ tyg.Message) (err error) {
		for range 250 {
			err = errors.Join(err, c.SendString(ctx, "x"))
		}
		return err
	})
	tygotel.Instrument(app, r.cfg)
	tygtest.NewHost(t, app).Dial().Send("go")
	checkAttrs(t, "message", r.one(t, "message $default").Attributes, "tyg.sends=250")
	if n := len(r.await(t, "send", 0)); n != 100 {
		t.Errorf("%d spans of 250 sends, want 100", n)
	}
	const key = "tyg.send.recipients{tyg.send.operation=send}"
	if n := r.metrics(t)[key]; n != 250 {
		t.Errorf("%v sends were measured, want 250", n)
	}
}

func TestFailuresAreErrors(t *testing.T) {
	r := newRig(t)
	_, host := traced(t, r)
	for _, be := range []string{"refused", "failed"} {
		if _, err := host.Try(tygtest.Dial{Query: map[string][]string{"be": {be}}}); err == nil {
			t.Fatalf("%s: no error", be)
		}
	}
	connects := r.await(t, "connect", 2)
	checkAttrs(t, "refused", connects[0].Attributes,
		"http.response.status_code=403", "error.type=403")
	checkAttrs(t, "failed", connects[1].Attributes,
		"http.response.status_code=502", "error.type=*errors.errorString")
	if connects[0].Status.Code != codes.Unset || connects[1].Status.Code != codes.Error {
		t.Errorf("status %v and %v", connects[0].Status, connects[1].Status)
	}

	c := host.Dial()
	c.Send("fail")
	s := r.one(t, "message $default")
	checkAttrs(t, "failure", s.Attributes, "error.type=*errors.errorString")
	if s.Status != (sdktrace.Status{Code: codes.Error, Description: "handle: oops"}) {
		t.Errorf("status %v", s.Status)
	}
	c.Send("panic")
	s = r.await(t, "message $default", 2)[1]
	if len(s.Events) != 1 || s.Events[0].Name != "exception" {
		t.Errorf("events of a panic: %v", s.Events)
	}
	errs := host.Errors()
	if _, ok := errors.AsType[*tyg.PanicError](errs[len(errs)-1]); !ok {
		t.Errorf("the host got %v in place of the panic", errs)
	}
	got := r.metrics(t)
	for _, key := range []string{
		"tyg.event.duration{error.type=403,tyg.event=connect,tyg.route=$connect}",
		"tyg.event.duration{error.type=panic,tyg.event=message,tyg.route=$default}",
	} {
		if got[key] != 1 {
			t.Errorf("%s is %v, want 1; all: %v", key, got[key], got)
		}
	}
}

func TestMetrics(t *testing.T) {
	r := newRig(t)
	_, host := traced(t, r)
	one, two := host.Dial(), host.Dial()
	one.Send("hello")
	two.Send(`{"action":"all"}`)
	two.Send(`{"action":"gone"}`)
	two.Close(1000, "")
	r.one(t, "disconnect")
	got := r.metrics(t)
	for key, want := range map[string]float64{
		"tyg.connections{}": 1,
		"tyg.event.duration{tyg.event=connect,tyg.route=$connect}":       2,
		"tyg.event.duration{tyg.event=message,tyg.route=all}":            1,
		"tyg.message.size{tyg.route=$default}":                           1,
		"tyg.send.recipients{tyg.send.operation=send_many}":              2,
		"tyg.send.failures{error.type=gone,tyg.send.operation=send}":     1,
		"tyg.send.duration{error.type=gone,tyg.send.operation=send}":     1,
		"tyg.send.recipients{tyg.send.operation=send_to_group}":          2,
		"tyg.event.duration{tyg.event=disconnect,tyg.route=$disconnect}": 1,
	} {
		if got[key] != want {
			t.Errorf("%s is %v, want %v", key, got[key], want)
		}
	}
	if t.Failed() {
		t.Logf("all: %v", got)
	}
}

func TestStrangersDoNotChooseTheTrace(t *testing.T) {
	r := newRig(t)
	r.cfg.PublicEndpoint = true
	_, host := traced(t, r)
	header := http.Header{"Traceparent": {traceParent}}
	if _, err := host.Try(tygtest.Dial{Header: header}); err != nil {
		t.Fatal(err)
	}
	s := r.one(t, "connect")
	if s.Parent.IsValid() || len(s.Links) != 1 ||
		s.Links[0].SpanContext.SpanID().String() != clientSpan {
		t.Errorf("parent %v, links %v", s.Parent, s.Links)
	}
}

func TestAttributesAreAdded(t *testing.T) {
	r := newRig(t)
	r.cfg.Attributes = func(_ context.Context, e tyg.Event) []attribute.KeyValue {
		return []attribute.KeyValue{attribute.String("user", "u-"+e.Type.String())}
	}
	_, host := traced(t, r)
	host.Dial()
	checkAttrs(t, "connect", r.one(t, "connect").Attributes, "user=u-CONNECT")
}

// TestConnIsTheSameForAllEvents keeps a promise of tyg.Event.
func TestConnIsTheSameForAllEvents(t *testing.T) {
	r := newRig(t)
	app := tyg.New("test")
	var seen []*tyg.Conn
	note := func(c *tyg.Conn) error { seen = append(seen, c); return nil }
	app.OnConnect(func(_ context.Context, c *tyg.Conn, r *tyg.Request) error {
		r.SelectSubprotocol("chat")
		return note(c)
	})
	app.OnOpen(func(_ context.Context, c *tyg.Conn) error { return note(c) })
	app.OnMessage(func(_ context.Context, c *tyg.Conn, _ tyg.Message) error { return note(c) })
	app.OnDisconnect(
		func(_ context.Context, c *tyg.Conn, _ tyg.Disconnect) error { return note(c) })
	tygotel.Instrument(app, r.cfg)
	c, err := tygtest.NewHost(t, app).Try(tygtest.Dial{Subprotocols: []string{"chat"}})
	if err != nil {
		t.Fatal(err)
	}
	c.Send("hello")
	c.Close(1000, "")
	r.one(t, "disconnect")
	if len(seen) != 4 || seen[0] != seen[1] || seen[0] != seen[2] || seen[0] != seen[3] {
		t.Errorf("conns %v", seen)
	}
	if seen[0].Subprotocol != "chat" {
		t.Errorf("subprotocol %q", seen[0].Subprotocol)
	}
}
