package tygtest

import (
	"errors"
	"strings"

	"github.com/tyg-dev/tyg"
)

// A peer is a client of the host under test.
type peer struct {
	Socket
	r    *rig
	conn *tyg.Conn // as the connect handler saw it
}

// join connects a client. Only one goroutine may do so at a time.
func (r *rig) join(d Dial) *peer {
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
	p.writeAs(tyg.Text, text)
}

func (p *peer) writeAs(kind tyg.MessageType, data string) {
	p.r.t.Helper()
	if err := p.Write(p.r.ctx, kind, data); err != nil {
		p.r.stop("client's write: %v", err)
	}
}

// read returns the next message, which must be text.
func (p *peer) read() string {
	p.r.t.Helper()
	kind, text, err := p.Read(p.r.ctx)
	if err != nil {
		p.r.stop("client's read: %v", err)
	}
	if kind != tyg.Text {
		p.r.broken("client received the %v message %s, want text", kind, brief(text))
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
	_, _, err := p.Read(p.r.ctx)
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

// brief quotes a text so that a large one does not flood the log.
func brief(text string) string {
	const most = 100
	if len(text) > most {
		return quote(text[:most]) + " and more"
	}
	return quote(text)
}

func quote(text string) string { return `"` + strings.ToValidUTF8(text, "?") + `"` }
