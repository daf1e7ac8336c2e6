package gateway_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/gateway"
	"github.com/tyg-dev/tyg/internal/ws"
)

// notes is an Observer that writes down what it is told.
type notes struct {
	mu    sync.Mutex
	lines []string
	began time.Time         // of the event of the last send
	at    time.Time         // of the last event
	ids   map[string]string // of connections and events, by their order
}

var _ gateway.Observer = (*notes)(nil)

func (n *notes) add(format string, args ...any) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.lines = append(n.lines, fmt.Sprintf(format, args...))
}

// name returns the same short name for the same id.
func (n *notes) name(id string) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.ids == nil {
		n.ids = make(map[string]string)
	}
	if n.ids[id] == "" && id != "" {
		n.ids[id] = fmt.Sprint("#", len(n.ids)+1)
	}
	return n.ids[id]
}

func (n *notes) Opened(_ *tyg.Conn, r *tyg.Request) { n.add("opened %s", r.Query.Get("q")) }

func (n *notes) Received(e tyg.Event) gateway.Mark {
	n.mu.Lock()
	n.at = e.Time
	n.mu.Unlock()
	n.add("received %s %s %s", n.name(e.RequestID), e.Route, e.Message.Data)
	return gateway.Mark{At: e.Time}
}

func (n *notes) Handled(e tyg.Event, m gateway.Mark, err error) {
	n.add("handled %s %t %v", n.name(e.RequestID), m.At.Equal(e.Time), err)
}

func (n *notes) Sending(began time.Time) (m gateway.Mark) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.began = began
	return m
}

func (n *notes) Sent(m gateway.SentMessage) {
	var to []error
	if m.One.ID != "" {
		to = append(to, m.One.Err)
	}
	for _, r := range m.To {
		to = append(to, r.Err)
	}
	n.add("sent %s %q %t %q %t %s to %v of %d", n.name(m.RequestID), m.Trace, m.Called, m.Group, m.All,
		m.Data, to, m.Recipients)
}

func (n *notes) Closed(_ *tyg.Conn, end tyg.Disconnect, by gateway.Closer) {
	n.add("closed %d by %s", end.Code, by)
}

func (n *notes) Refused(_ *tyg.Conn, status int, _ string) { n.add("refused %d", status) }

// times returns when the event of the last send began, and when the last event did.
func (n *notes) times() (began, at time.Time) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.began, n.at
}

// await waits until so many lines are there.
func (n *notes) await(t *testing.T, count int) []string {
	t.Helper()
	for end := time.Now().Add(5 * time.Second); ; time.Sleep(time.Millisecond) {
		n.mu.Lock()
		lines := slices.Clone(n.lines)
		n.mu.Unlock()
		if len(lines) >= count || time.Now().After(end) {
			return lines
		}
	}
}

// An Observer is told of a message, its handler, what the handler sent and to whom, also through
// middleware, and of how connections begin and end.
func TestObserverSeesWhatAMessageCauses(t *testing.T) {
	app := tyg.New("test")
	room := app.Group("room")
	app.OnMessage(func(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
		_, _ = room.Add(ctx, c.ID), c.SendString(ctx, "one")
		_ = room.SendString(ctx, "room")
		_ = app.Everyone().SendString(ctx, "all")
		_ = app.Sender().SendMany(ctx, []tyg.ConnID{c.ID, "AAAAAAAAAAAAAAA="}, []byte("many"))
		return errors.New("late")
	})
	srv, n := &gateway.Server{Handler: app}, new(notes)
	r := start(t, srv)
	unseen := r.dial(t)
	srv.Observe(n)
	c, err := r.try(nil)
	if err != nil {
		t.Fatal(err)
	}
	c.send(t, "hi")
	for _, want := range []string{"one", "room", "all", "many"} {
		c.expect(t, want)
	}
	c.receive(t) // the error
	_ = c.Close(ws.CloseNormal, "")
	want := []string{
		"opened ",
		"received #1 $default hi",
		`sent #1 "" false "" false one to [<nil>] of 1`,
		`sent #1 "" false "room" false room to [<nil>] of 1`,
		`sent #1 "" false "" true all to [<nil> <nil>] of 2`,
		`sent #1 "" false "" false many to [<nil> connection is gone] of 2`,
		"handled #1 true late",
	}
	got := n.await(t, len(want)+2)
	if len(got) < len(want)+2 || !slices.Equal(got[:len(want)], want) ||
		got[len(want)+1] != "closed 1000 by client" {
		t.Errorf("the observer was told\n%q, want\n%q, the error, and closed 1000", got, want)
	}
	srv.Observe(nil)
	unseen.send(t, "hi")
	unseen.expect(t, "all")
	if again := n.await(t, 0); len(again) != len(got) {
		t.Errorf("without an observer it was told %q", again[len(got):])
	}
}

// A slowObserver counts, and returns from Sent only when the next message was received. It is slow
// in Sending, too, so that a message that has left already is seen.
type slowObserver struct {
	notes
	count    atomic.Uint64
	arrived  chan struct{} // closed when the client has the message
	early    atomic.Bool   // that was before Sending returned
	received chan uint64   // the numbers of messages
	sent     chan gateway.SentMessage
	next     chan uint64 // the number of the message that came before Sent returned
}

func (o *slowObserver) Sending(time.Time) gateway.Mark {
	select {
	case <-o.arrived:
		o.early.Store(true)
	case <-time.After(50 * time.Millisecond):
	}
	return gateway.Mark{Order: o.count.Add(1), At: time.Now()}
}

func (o *slowObserver) Received(e tyg.Event) (m gateway.Mark) {
	if e.Type == tyg.EventMessage {
		o.received <- o.count.Add(1)
	}
	return m
}

func (o *slowObserver) Sent(m gateway.SentMessage) {
	select {
	case n := <-o.received:
		o.next <- n
	case <-time.After(time.Minute):
		o.next <- 0
	}
	o.sent <- m
}

// An Observer is asked for the Mark of a message before a recipient can answer it.
func TestObserverMarksAMessageBeforeItsAnswer(t *testing.T) {
	t.Parallel()
	for _, how := range []string{"one", "many", "group", "reply", "error"} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			app := tyg.New("test")
			app.OnRouteResponse("reply",
				func(context.Context, *tyg.Conn, tyg.Message) ([]byte, error) { return []byte("hi"), nil })
			app.OnMessage(func(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
				switch string(m.Data) {
				case "one":
					return c.SendString(ctx, "hi")
				case "many":
					return app.Sender().SendMany(ctx, []tyg.ConnID{c.ID}, []byte("hi"))
				case "group":
					return app.Everyone().SendString(ctx, "hi")
				case "error":
					return errors.New("fails")
				}
				return nil
			})
			r := start(t, &gateway.Server{Handler: app})
			asks, answers := r.dial(t), r.dial(t)
			o := &slowObserver{
				received: make(chan uint64, 2), sent: make(chan gateway.SentMessage, 4),
				next: make(chan uint64, 4), arrived: make(chan struct{}),
			}
			r.Observe(o)
			asks.send(t, map[bool]string{true: `{"action":"reply"}`, false: how}[how == "reply"])
			<-o.received
			asks.receive(t)
			close(o.arrived)
			answers.send(t, "answer")
			next, m := <-o.next, <-o.sent
			if o.early.Load() {
				t.Error("the client had the message before its mark was made")
			}
			if m.Mark.Order >= next || m.Mark.At.IsZero() {
				t.Errorf("the message has the mark %+v, and what came after it the number %d", m.Mark, next)
			}
		})
	}
}

// An Observer is told when the event began whose handler sends, and the zero time if none does.
func TestObserverKnowsTheBeginOfASend(t *testing.T) {
	n := new(notes)
	r, c, conn, _ := open(t, &gateway.Server{})
	r.Observe(n)
	c.send(t, "hi")
	c.expect(t, "hi")
	n.await(t, 3)
	if began, at := n.times(); began.IsZero() || began.Sub(at).Abs() > time.Microsecond {
		t.Errorf("the event of a send began at %v, want %v", began, at)
	}
	if err := r.Send(t.Context(), conn.ID, []byte("hi")); err != nil {
		t.Fatal(err)
	}
	if began, _ := n.times(); !began.IsZero() {
		t.Errorf("the event of a send that has none began at %v", began)
	}
}

// A message that may not be sent at all has not reached any of its recipients.
func TestObserverSeesThatAMessageWasSentToNone(t *testing.T) {
	n := new(notes)
	r, _, conn, _ := open(t, &gateway.Server{})
	r.Observe(n)
	bad := []byte("\xff")
	_ = r.SendMany(t.Context(), []tyg.ConnID{conn.ID}, bad)
	_, _ = r.SendToGroup(t.Context(), "", bad, tyg.GroupOptions{})
	for _, line := range n.await(t, 2) {
		if want := fmt.Sprintf("to [%v] of 1", tyg.ErrNotText); !strings.HasSuffix(line, want) {
			t.Errorf("the observer was told %q, want %q", line, want)
		}
	}
}

// A call of @connections carries the trace of the event whose function makes it.
func TestObserverSeesTheTraceOfACall(t *testing.T) {
	n := new(notes)
	r, c, conn, _ := open(t, &gateway.Server{})
	r.Observe(n)
	const trace = "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700"
	status, _, _ := r.call(t, http.MethodPost, "/api/@connections/"+string(conn.ID), "hi",
		"X-Amzn-Trace-Id", trace)
	c.expect(t, "hi")
	want := fmt.Sprintf("sent  %q true %q false hi to [<nil>] of 1", trace, "")
	if got := n.await(t, 1); status != http.StatusOK || !slices.Equal(got, []string{want}) {
		t.Errorf("%d: the observer was told %q, want %q", status, got, want)
	}
}

// An Observer learns which end has closed a connection.
func TestObserverSeesWhoCloses(t *testing.T) {
	n := new(notes)
	r, c, conn, _ := open(t, &gateway.Server{})
	r.Observe(n)
	if err := r.Close(t.Context(), conn.ID); err != nil {
		t.Fatal(err)
	}
	c.expectClose(t, ws.CloseNormal, "Connection Closed Normally")
	lost := r.dial(t)
	_ = lost.CloseNow()
	want := []string{"closed 1000 by server", "closed 1006 by client"}
	got := n.await(t, 7) // with a connect and two disconnect handlers
	got = slices.DeleteFunc(got, func(s string) bool { return !strings.HasPrefix(s, "closed") })
	if !slices.Equal(got, want) {
		t.Errorf("the observer was told %q, want %q", got, want)
	}
}

func TestObserverSeesRefusals(t *testing.T) {
	n, srv := new(notes), &gateway.Server{Handler: echo(), Limits: gateway.Limits{Conns: 1}}
	r := start(t, srv)
	srv.Observe(n)
	r.dial(t)
	if _, err := r.try(nil); err == nil {
		t.Fatal("the second connection was accepted")
	}
	if got := n.await(t, 2); !slices.Equal(got, []string{"opened ", "refused 503"}) {
		t.Errorf("the observer was told %q", got)
	}
}

// ConnStates lists the newest first, with their groups and what waits for them.
func TestConnStates(t *testing.T) {
	app := echo()
	l := follow(app)
	srv := &gateway.Server{Handler: app}
	r := start(t, srv)
	r.dial(t)
	first := next(t, l.connects)
	r.dial(t)
	second := next(t, l.connects)
	for _, group := range []string{"b", "a"} {
		if _, _, err := srv.AddToGroup(t.Context(), group, second.ID, nil); err != nil {
			t.Fatal(err)
		}
	}
	list, queued := srv.ConnStates(10)
	until(t, "the answers to the handshakes are written", func() bool {
		list, queued = srv.ConnStates(10)
		return queued == 0
	})
	if len(list) != 2 || list[0].Conn.ID != second.ID || list[1].Conn.ID != first.ID ||
		!slices.Equal(list[0].Groups, []string{"a", "b"}) || list[1].Groups != nil {
		t.Errorf("got %+v, %d bytes", list, queued)
	}
	if list, _ = srv.ConnStates(1); len(list) != 1 || list[0].Conn.ID != second.ID {
		t.Errorf("of one: %+v", list)
	}
}
