package chatlib_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"testing"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/examples/chat/chatlib"
	"github.com/tyg-dev/tyg/rooms"
	"github.com/tyg-dev/tyg/tygtest"
)

const (
	askName   = "Send your nickname first. Type /help for list of commands."
	tooLong   = "Message is too long, the limit is 4096 bytes. It was not sent."
	notInRoom = "Not currently in a room. Type /join {room_name} to do so."
)

// newApp registers the chat's handlers. A chat without a store or a sender gets one.
func newApp(chat *chatlib.Chat) *tyg.App {
	app := tyg.New("chat")
	if chat.Store == nil {
		chat.Store = rooms.NewMemory()
	}
	if chat.Sender == nil {
		chat.Sender = app.Sender()
	}
	if chat.Log == nil {
		chat.Log = slog.New(slog.DiscardHandler)
	}
	app.OnConnect(chat.Connect)
	app.OnMessage(chat.Message)
	app.OnDisconnect(chat.Disconnect)
	return app
}

// serve runs a chat whose handlers must not fail, also not when the clients leave at the end.
func serve(t *testing.T, chat *chatlib.Chat) *tygtest.Host {
	t.Helper()
	var host *tygtest.Host
	t.Cleanup(func() {
		for _, err := range host.Errors() {
			t.Errorf("a handler failed: %v", err)
		}
	})
	host = tygtest.NewHost(t, newApp(chat))
	return host
}

// enter connects a client that has a name and is in a room, if room is not empty.
func enter(host *tygtest.Host, name, room string) *tygtest.Client {
	c := host.Dial()
	c.Send(name)
	c.Expect("Using nickname: " + name + "\nType /help for list of commands.")
	if room != "" {
		c.Send("/join " + room)
		c.Expect(`Joined chat room "` + room + `"`)
	}
	return c
}

// ask sends text and checks all that comes back to the one who sent it.
func ask(c *tygtest.Client, text string, want ...string) {
	c.Send(text)
	c.Expect(want...)
	c.ExpectNone()
}

// A wire is a Sender that remembers what it was given, for handlers that are called directly. Every
// connection is alive unless it is in fail.
type wire struct {
	mu    sync.Mutex
	sent  map[tyg.ConnID][]string
	fail  map[tyg.ConnID]error
	calls map[string]int
}

var _ tyg.Sender = (*wire)(nil)

func newWire() *wire {
	return &wire{
		sent:  make(map[tyg.ConnID][]string),
		fail:  make(map[tyg.ConnID]error),
		calls: make(map[string]int),
	}
}

func (w *wire) Send(_ context.Context, id tyg.ConnID, data []byte, _ ...tyg.SendOption) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.calls["Send"]++
	return w.put(id, data)
}

func (w *wire) SendMany(
	_ context.Context, ids []tyg.ConnID, data []byte, _ ...tyg.SendOption,
) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.calls["SendMany"]++
	var errs []error
	for _, id := range ids {
		errs = append(errs, w.put(id, data))
	}
	return errors.Join(errs...)
}

func (w *wire) Close(_ context.Context, id tyg.ConnID) error {
	w.setFail(id, tyg.ErrGone)
	return nil
}

func (w *wire) Info(_ context.Context, id tyg.ConnID) (tyg.Info, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.calls["Info"]++
	if err := w.fail[id]; err != nil {
		return tyg.Info{}, &tyg.ConnError{Op: "info", ID: id, Err: err}
	}
	return tyg.Info{}, nil
}

func (w *wire) put(id tyg.ConnID, data []byte) error {
	if err := w.fail[id]; err != nil {
		return &tyg.ConnError{Op: "send", ID: id, Err: err}
	}
	w.sent[id] = append(w.sent[id], string(data))
	return nil
}

func (w *wire) setFail(id tyg.ConnID, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.fail[id] = err
}

// to returns what a connection was sent.
func (w *wire) to(id tyg.ConnID) []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.sent[id])
}

func (w *wire) reset() {
	w.mu.Lock()
	defer w.mu.Unlock()
	clear(w.sent)
	clear(w.calls)
}

// A bench calls a chat's handlers directly, from as many goroutines as a test likes: a host that,
// as API Gateway does, runs two messages of one client at once.
type bench struct {
	t    *testing.T
	app  *tyg.App
	wire *wire
}

func newBench(t *testing.T, chat *chatlib.Chat) *bench {
	b := &bench{t: t, wire: newWire()}
	b.app = newApp(chat)
	b.app.Bind(b.wire)
	return b
}

// enter is like the function enter.
func (b *bench) enter(id tyg.ConnID, name, room string) {
	b.connect(id)
	b.say(id, name)
	if room != "" {
		b.say(id, "/join "+room)
	}
}

func (b *bench) connect(id tyg.ConnID) {
	b.handle(tyg.Event{
		Type: tyg.EventConnect, Route: tyg.RouteConnect, Request: &tyg.Request{},
	}, id)
}

func (b *bench) say(id tyg.ConnID, text string) {
	b.handle(tyg.Event{
		Type: tyg.EventMessage, Route: tyg.RouteDefault, Message: tyg.Message{Data: []byte(text)},
	}, id)
}

// hangUp ends a connection: it is gone before its event is handled, as on every host.
func (b *bench) hangUp(id tyg.ConnID) {
	b.wire.setFail(id, tyg.ErrGone)
	b.handle(tyg.Event{Type: tyg.EventDisconnect, Route: tyg.RouteDisconnect}, id)
}

func (b *bench) handle(e tyg.Event, id tyg.ConnID) {
	e.RequestID, e.Conn = "request", &tyg.Conn{ID: id, Sender: b.wire}
	if _, err := b.app.Handle(context.Background(), e); err != nil {
		b.t.Errorf("handle %v of %s: %v", e.Type, id, err)
	}
}

// together runs functions at the same time and waits for all of them.
func together(fns ...func()) {
	var wg sync.WaitGroup
	start := make(chan struct{})
	for _, fn := range fns {
		// Each ends with fn; Wait waits for it.
		wg.Go(func() {
			<-start
			fn()
		})
	}
	close(start)
	wg.Wait()
}

// checkTo checks all that a connection was sent since the last reset.
func checkTo(t *testing.T, b *bench, id tyg.ConnID, want ...string) {
	t.Helper()
	if got := b.wire.to(id); !slices.Equal(got, want) {
		t.Errorf("%s was sent %q, want %q", id, got, want)
	}
}
