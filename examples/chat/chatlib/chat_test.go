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

// serve runs a chat whose handlers must not fail, not even when the clients disconnect at the end.
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

// ask sends text and checks all replies to the sender.
func ask(c *tygtest.Client, text string, want ...string) {
	c.Send(text)
	c.Expect(want...)
	c.ExpectNone()
}

// A fakeSender is a Sender that records what is sent, for handlers that are called directly. Every
// connection is open unless it is in fail.
type fakeSender struct {
	mu    sync.Mutex
	sent  map[tyg.ConnID][]string
	fail  map[tyg.ConnID]error
	calls map[string]int
}

var _ tyg.Sender = (*fakeSender)(nil)

func newFakeSender() *fakeSender {
	return &fakeSender{
		sent:  make(map[tyg.ConnID][]string),
		fail:  make(map[tyg.ConnID]error),
		calls: make(map[string]int),
	}
}

func (s *fakeSender) Send(
	_ context.Context, id tyg.ConnID, data []byte, _ ...tyg.SendOption,
) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls["Send"]++
	return s.put(id, data)
}

func (s *fakeSender) SendMany(
	_ context.Context, ids []tyg.ConnID, data []byte, _ ...tyg.SendOption,
) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls["SendMany"]++
	var errs []error
	for _, id := range ids {
		errs = append(errs, s.put(id, data))
	}
	return errors.Join(errs...)
}

func (s *fakeSender) Close(_ context.Context, id tyg.ConnID) error {
	s.setFail(id, tyg.ErrGone)
	return nil
}

func (s *fakeSender) Info(_ context.Context, id tyg.ConnID) (tyg.Info, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls["Info"]++
	if err := s.fail[id]; err != nil {
		return tyg.Info{}, &tyg.ConnError{Op: "info", ID: id, Err: err}
	}
	return tyg.Info{}, nil
}

func (s *fakeSender) put(id tyg.ConnID, data []byte) error {
	if err := s.fail[id]; err != nil {
		return &tyg.ConnError{Op: "send", ID: id, Err: err}
	}
	s.sent[id] = append(s.sent[id], string(data))
	return nil
}

func (s *fakeSender) setFail(id tyg.ConnID, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fail[id] = err
}

// to returns the messages sent to a connection.
func (s *fakeSender) to(id tyg.ConnID) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.sent[id])
}

func (s *fakeSender) reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.sent)
	clear(s.calls)
}

// A harness calls a chat's handlers directly, from any number of goroutines: like API Gateway, it
// handles two messages of one client at the same time.
type harness struct {
	t      *testing.T
	app    *tyg.App
	sender *fakeSender
}

func newHarness(t *testing.T, chat *chatlib.Chat) *harness {
	h := &harness{t: t, sender: newFakeSender()}
	h.app = newApp(chat)
	h.app.Bind(struct {
		tyg.Sender
		tyg.Groups
		tyg.Values
	}{Sender: h.sender}) // the chat uses rooms instead
	return h
}

// enter connects a client like the function enter.
func (h *harness) enter(id tyg.ConnID, name, room string) {
	h.connect(id)
	h.say(id, name)
	if room != "" {
		h.say(id, "/join "+room)
	}
}

func (h *harness) connect(id tyg.ConnID) {
	h.handle(tyg.Event{
		Type: tyg.EventConnect, Route: tyg.RouteConnect, Request: &tyg.Request{},
	}, id)
}

func (h *harness) say(id tyg.ConnID, text string) {
	h.handle(tyg.Event{
		Type: tyg.EventMessage, Route: tyg.RouteDefault, Message: tyg.Message{Data: []byte(text)},
	}, id)
}

// disconnect ends a connection: it is gone before its event is handled, as on every host.
func (h *harness) disconnect(id tyg.ConnID) {
	h.sender.setFail(id, tyg.ErrGone)
	h.handle(tyg.Event{Type: tyg.EventDisconnect, Route: tyg.RouteDisconnect}, id)
}

func (h *harness) handle(e tyg.Event, id tyg.ConnID) {
	e.RequestID, e.Conn = "request", &tyg.Conn{ID: id, Sender: h.sender}
	if _, err := h.app.Handle(context.Background(), e); err != nil {
		h.t.Errorf("handle %v of %s: %v", e.Type, id, err)
	}
}

// concurrently runs functions at the same time and waits for all of them.
func concurrently(fns ...func()) {
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

// checkTo checks all messages sent to a connection since the last reset.
func checkTo(t *testing.T, h *harness, id tyg.ConnID, want ...string) {
	t.Helper()
	if got := h.sender.to(id); !slices.Equal(got, want) {
		t.Errorf("%s was sent %q, want %q", id, got, want)
	}
}
