package suite

import (
	"errors"
	"fmt"
	"strings"

	"github.com/tyg-dev/tyg"
)

// A Client is a client of the host under test. Its methods fail the test if they do not succeed.
type Client struct {
	Socket
	Conn *tyg.Conn // as the connect handler saw it

	t *T
}

// Connect connects a client. Only one goroutine may do so at a time.
func (t *T) Connect(d Dial) *Client {
	t.t.Helper()
	seen := t.Events.Count(tyg.EventConnect)
	p := t.NewClient(t.Dial(d))
	p.Conn = t.WaitEvent("a connect event", Nth(tyg.EventConnect, seen+1)).Conn
	return p
}

// NewClient returns the client at a socket, whose Conn is not known.
func (t *T) NewClient(s Socket) *Client { return &Client{Socket: s, t: t} }

// Dial connects a socket to the host, which may run any handler.
func (t *T) Dial(d Dial) Socket {
	t.t.Helper()
	s, err := t.Subject.Dial(t.Ctx, d)
	if err != nil {
		t.Fatalf("dial: %v", err)
	}
	t.t.Cleanup(func() { _ = s.Drop() })
	return s
}

// DialRefused dials and returns how the handshake was refused.
func (t *T) DialRefused(d Dial) *Refused {
	t.t.Helper()
	s, err := t.Subject.Dial(t.Ctx, d)
	if err == nil {
		_ = s.Drop()
		t.Fatalf("the handshake was accepted")
	}
	refused, ok := errors.AsType[*Refused](err)
	if !ok {
		t.Fatalf("dial: got error %v, want a *Refused", err)
	}
	return refused
}

// ConnectMany connects n clients.
func (t *T) ConnectMany(n int) []*Client {
	t.t.Helper()
	var clients []*Client
	for range n {
		clients = append(clients, t.Connect(Dial{}))
	}
	return clients
}

// ID returns the connection id.
func (p *Client) ID() tyg.ConnID { return p.Conn.ID }

// WriteText writes a message.
func (p *Client) WriteText(text string) {
	p.t.t.Helper()
	p.WriteAs(tyg.Text, text)
}

// WriteAs writes a message of a type.
func (p *Client) WriteAs(kind tyg.MessageType, data string) {
	p.t.t.Helper()
	if err := p.Write(p.t.Ctx, kind, data); err != nil {
		p.t.Fatalf("client's write: %v", err)
	}
}

// ReadText reads the next message, which must be text.
func (p *Client) ReadText() string {
	p.t.t.Helper()
	kind, text, err := p.Read(p.t.Ctx)
	if err != nil {
		p.t.Fatalf("client's read: %v", err)
	}
	if kind != tyg.Text {
		p.t.Errorf("client received the %v message %s, want text", kind, Brief(text))
	}
	return text
}

// Expect reads the next message, which must be want.
func (p *Client) Expect(want string) {
	p.t.t.Helper()
	if got := p.ReadText(); got != want {
		p.t.Errorf("client received %s, want %s", Brief(got), Brief(want))
	}
}

// RoundTrip checks that the connection works, where the application echoes. Everything that was
// sent to the client before must have been read.
func (p *Client) RoundTrip() {
	p.t.t.Helper()
	p.WriteText("are you there?")
	p.Expect("are you there?")
}

// ReadClosed reads a connection that must have ended.
func (p *Client) ReadClosed() *Closed {
	p.t.t.Helper()
	_, _, err := p.Read(p.t.Ctx)
	closed, ok := errors.AsType[*Closed](err)
	if !ok {
		p.t.Fatalf("client's read: got error %v, want a *Closed", err)
	}
	return closed
}

// Disconnect closes the connection from the client's side and waits for the disconnect event.
func (p *Client) Disconnect() tyg.Event {
	p.t.t.Helper()
	if err := p.Close(1000, ""); err != nil {
		p.t.Fatalf("client's close: %v", err)
	}
	return p.WaitDisconnect()
}

// WaitDisconnect waits for the disconnect event.
func (p *Client) WaitDisconnect() tyg.Event {
	p.t.t.Helper()
	return p.t.WaitEvent("the disconnect event", func(events []tyg.Event) int {
		return Find(events, func(e tyg.Event) bool {
			return e.Type == tyg.EventDisconnect && e.Conn.ID == p.ID()
		})
	})
}

// Brief quotes a text, and shortens a large one.
func Brief(text string) string {
	const most = 100
	if len(text) > most {
		return quote(text[:most]) + " and more"
	}
	return quote(text)
}

func quote(text string) string { return `"` + strings.ToValidUTF8(text, "?") + `"` }

// ExpectDisconnect checks the code and reason of the disconnect event.
func (p *Client) ExpectDisconnect(code tyg.CloseCode, reason string) {
	p.t.t.Helper()
	want := tyg.Disconnect{Code: code, Reason: reason}
	if got := p.WaitDisconnect().Disconnect; got != want {
		p.t.Errorf("disconnect event has %d %q, want %d %q",
			got.Code, got.Reason, want.Code, want.Reason)
	}
}

// ExpectAs reads the next message, which must have a type and be want.
func (p *Client) ExpectAs(kind tyg.MessageType, want string) {
	p.t.t.Helper()
	got, data, err := p.Read(p.t.Ctx)
	if err != nil {
		p.t.Fatalf("client's read: %v", err)
	}
	if got != kind || data != want {
		p.t.Errorf("client received %s, want %s", typed(got, data), typed(kind, want))
	}
}

func typed(kind tyg.MessageType, data string) string {
	return fmt.Sprintf("the %v message %s of %d bytes", kind, Brief(data), len(data))
}
