package tygotel_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/trace"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/gateway"
	"github.com/tyg-dev/tyg/internal/functions"
	"github.com/tyg-dev/tyg/internal/ws"
	"github.com/tyg-dev/tyg/internal/wsclient"
	"github.com/tyg-dev/tyg/internal/wstest"
	"github.com/tyg-dev/tyg/lambda"
	"github.com/tyg-dev/tyg/tygotel"
	"github.com/tyg-dev/tyg/tygtest"
)

// A server is a gateway behind a real listener.
type server struct {
	*gateway.Server
	url string // of the WebSocket
}

// serve serves h until the test ends.
func serve(t *testing.T, srv *gateway.Server) server {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv.Logger = slog.New(slog.NewTextHandler(io.Discard, nil))
	if err := srv.Start(); err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- srv.Serve(l) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := errors.Join(srv.Shutdown(ctx), <-served); !errors.Is(err, http.ErrServerClosed) {
			t.Errorf("Serve ended with %v", err)
		}
	})
	return server{srv, "ws://" + l.Addr().String() + "/api"}
}

// dial connects a client with a trace context.
func (s server) dial(t *testing.T) *wsclient.Conn {
	t.Helper()
	c, _, err := wsclient.Dial(t.Context(), s.url, &wsclient.Options{
		Header: http.Header{"traceparent": {traceParent}},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.CloseNow() })
	return c
}

// say sends a message and returns the next one.
func say(t *testing.T, c *wsclient.Conn, text string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := c.Write(ctx, ws.OpText, []byte(text)); err != nil {
		t.Fatal(err)
	}
	_, data, err := c.Read(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// call returns a Sender over the @connections API of a gateway.
func call(t *testing.T, s server) *lambda.Sender {
	t.Helper()
	sender, err := lambda.NewSender(lambda.SenderConfig{
		Endpoint: s.url, Region: "us-east-1",
		Credentials: lambda.Key{AccessKeyID: "AKID", SecretAccessKey: "secret"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return sender
}

// TestSuitesPass runs what every host must keep, with applications that are traced.
func TestSuitesPass(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	subject := func(t *testing.T, h tyg.Handler) tygtest.Subject {
		if app, ok := h.(*tyg.App); ok {
			tygotel.Instrument(app, r.cfg)
		} else {
			h = described{tygotel.Middleware(r.cfg)(h), h}
		}
		s := serve(t, &gateway.Server{Handler: h, DrainWindow: -1})
		return tygtest.Subject{
			Sender: s,
			Dial: func(ctx context.Context, d tygtest.Dial) (tygtest.Socket, error) {
				return wstest.Dial(ctx, t, s.url, d, nil)
			},
		}
	}
	t.Run("host", func(t *testing.T) { tygtest.TestHost(t, subject) })
	t.Run("sender", func(t *testing.T) { tygtest.TestSender(t, subject) })
	t.Run("groups", func(t *testing.T) { tygtest.TestGroups(t, subject) })
}

// A described is a Handler with the description of another.
type described struct {
	tyg.Handler
	of tyg.Handler
}

func (d described) Describe() tyg.Description { return tyg.Describe(d.of) }
func (d described) Bind(host tyg.Host)        { tyg.Bind(d.of, host) }

func TestGatewayIsTraced(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	app := newApp()
	tygotel.Instrument(app, r.cfg)
	s := serve(t, &gateway.Server{Handler: app})
	c := s.dial(t)
	if got := say(t, c, "hello"); got != "hello" {
		t.Errorf("got %q", got)
	}
	connect, message := r.one(t, "connect"), r.one(t, "message $default")
	if connect.SpanContext.TraceID().String() != clientTrace || !linked(message, connect) {
		t.Errorf("connect %v, links of the message %v", connect.SpanContext, message.Links)
	}
	if send := r.one(t, "send"); !childOf(send, message) {
		t.Errorf("send has the parent %v", send.Parent)
	}
	got := r.metrics(t)
	for key, want := range map[string]float64{
		"tyg.gateway.connections{}": 1, "tyg.gateway.connects{}": 1, "tyg.gateway.received{}": 1,
		"tyg.gateway.sent{}": 1, "tyg.connections{}": 1,
	} {
		if got[key] != want {
			t.Errorf("%s is %v, want %v; all: %v", key, got[key], want, got)
		}
	}
	if _, _, err := wsclient.Dial(t.Context(), s.url+"?be=refused", nil); err == nil {
		t.Fatal("a client that is refused has connected")
	}
	if got := r.metrics(t)["tyg.gateway.refused{tyg.reason=connect}"]; got != 1 {
		t.Errorf("refused by connect: %v, want 1; all: %v", got, r.metrics(t))
	}
	_ = c.CloseNow()
	if s := r.one(t, "disconnect"); !linked(s, connect) {
		t.Errorf("links of disconnect %v", s.Links)
	}
}

// TestCallsJoinTheTrace has another program send through the @connections API.
func TestCallsJoinTheTrace(t *testing.T) {
	t.Parallel()
	far, near := newRig(t), newRig(t)
	app := newApp()
	ids := make(chan tyg.ConnID, 1)
	app.OnRoute("id", func(ctx context.Context, c *tyg.Conn, _ tyg.Message) error {
		ids <- c.ID
		return c.SendString(ctx, "ok")
	})
	tygotel.Instrument(app, far.cfg)
	s := serve(t, &gateway.Server{Handler: app})
	c := s.dial(t)
	say(t, c, `{"action":"id"}`)
	far.one(t, "send")
	sender := tygotel.Sender(call(t, s), near.cfg)
	ctx, job := near.cfg.TracerProvider.Tracer("job").Start(t.Context(), "job")
	if err := sender.Send(ctx, <-ids, []byte("an order")); err != nil {
		t.Fatal(err)
	}
	job.End()
	out := near.one(t, "send")
	if !childOf(out, near.one(t, "job")) {
		t.Errorf("the call has the parent %v", out.Parent)
	}
	in := far.await(t, "send", 2)[1]
	if !childOf(in, out) || !in.Parent.IsRemote() || in.SpanKind != trace.SpanKindServer {
		t.Errorf("the gateway's span has the parent %v and the kind %v", in.Parent, in.SpanKind)
	}
}

// TestFunctionsAreTraced has two processes of a function behind a gateway handle the events of one
// connection: the second has not seen its connect.
func TestFunctionsAreTraced(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	router := &functions.Router{Integrations: make(map[string]functions.Integration)}
	processes := map[string]*inLambda{
		tyg.RouteConnect: {}, tyg.RouteDefault: {}, tyg.RouteDisconnect: {},
	}
	for route, p := range processes {
		router.Integrations[route] = p
	}
	s := serve(t, &gateway.Server{Handler: router})
	for _, p := range processes {
		app := tyg.New("test")
		app.OnMessage(func(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
			return c.Send(ctx, m.Data)
		})
		app.OnJoin(func(_ context.Context, g *tyg.Group, _ tyg.Member) error {
			t.Errorf("joined %s", g.Name())
			return nil
		})
		cfg := r.cfg
		cfg.Links = tygotel.GroupLinks(app)
		tygotel.Instrument(app, cfg)
		host, err := lambda.NewHost(app, lambda.Config{
			SenderConfig: lambda.SenderConfig{
				Endpoint: s.url, Region: "us-east-1",
				Credentials: lambda.Key{AccessKeyID: "AKID", SecretAccessKey: "secret"},
			},
			GroupsEndpoint: s.url,
		})
		if err != nil {
			t.Fatal(err)
		}
		p.host = host
	}
	c := s.dial(t)
	if got := say(t, c, "hello"); got != "hello" {
		t.Errorf("got %q", got)
	}
	_ = c.CloseNow()
	connect, message := r.one(t, "connect"), r.one(t, "message $default")
	if connect.SpanContext.TraceID().String() != clientTrace {
		t.Errorf("connect is in the trace %v", connect.SpanContext.TraceID())
	}
	if !linked(message, connect) {
		t.Errorf("the message has the links %v", message.Links)
	}
	checkAttrs(t, "disconnect", r.one(t, "disconnect").Attributes,
		"tyg.connection.id="+attr(connect.Attributes, "tyg.connection.id"))
	var fromLambda bool
	for _, l := range message.Links {
		fromLambda = fromLambda || attr(l.Attributes, "source") == "x-ray-env" &&
			l.SpanContext.SpanID().String() == clientSpan
	}
	if !fromLambda {
		t.Errorf("the message has no link to Lambda's trace id: %v", message.Links)
	}
	if send := r.one(t, "send"); !childOf(send, message) {
		t.Errorf("send has the parent %v", send.Parent)
	}
}

// inLambda calls a Host of package lambda as Lambda does: with the trace id in the context.
type inLambda struct{ host *lambda.Host }

func (f *inLambda) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	h, _ := tyg.Caller(ctx)
	parent := strings.Split(h.Get("Traceparent"), "-")
	id := "Root=1-" + parent[1][:8] + "-" + parent[1][8:] + ";Parent=" + parent[2] + ";Sampled=1"
	//lint:ignore SA1029 package lambda has the trace id under this key
	return f.host.Invoke(context.WithValue(context.Background(), "x-amzn-trace-id", id), payload)
}

// TestSpansAreExportedBeforeLambdaFreezes has a provider that exports nothing by itself.
func TestSpansAreExportedBeforeLambdaFreezes(t *testing.T) {
	r := newRig(t)
	flushes := 0
	cfg := r.cfg
	cfg.TracerProvider = flushing{cfg.TracerProvider, func() {
		flushes++
		if n := len(r.spans.GetSpans()); n != flushes {
			t.Errorf("%d spans have ended at flush %d", n, flushes)
		}
	}}
	app := tyg.New("test")
	app.OnMessage(func(context.Context, *tyg.Conn, tyg.Message) error { return nil })
	tygotel.Instrument(app, cfg)
	c := tygtest.NewHost(t, app).Dial()
	if flushes != 0 {
		t.Error("it exports at once outside of Lambda")
	}
	r.spans.Reset()
	t.Setenv("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:1")
	c.Send("hello")
	if flushes != 1 {
		t.Errorf("%d flushes, want 1", flushes)
	}
}

// flushing is a provider that can flush.
type flushing struct {
	trace.TracerProvider
	flush func()
}

func (f flushing) ForceFlush(context.Context) error {
	f.flush()
	return nil
}
