package conformance

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/tyg-dev/tyg/internal/ws"
	"github.com/tyg-dev/tyg/internal/wsclient"
)

// A peer is a client of the probe.
type peer struct {
	t    *trial
	conn *wsclient.Conn
	res  *http.Response // the 101
	name string         // the connection id; empty: not known yet
}

// query makes a query of "name=value" texts. Probes let nobody in without "probe".
func query(orders []string) string {
	q := url.Values{"probe": {"1"}}
	for _, o := range orders {
		name, value, _ := strings.Cut(o, "=")
		q.Add(name, value)
	}
	return q.Encode()
}

// dial connects, with orders for the handshake such as "connect=status:201".
func (t *trial) dial(orders ...string) *peer { return t.dialWith(new(wsclient.Options), orders...) }

func (t *trial) dialWith(o *wsclient.Options, orders ...string) *peer {
	o.TLS = t.target.TLS
	ctx, cancel := t.patient()
	defer cancel()
	c, res, err := wsclient.Dial(ctx, t.endpoint.URL+"?"+query(orders), o)
	if err != nil {
		t.failf("connect with %q: %v", orders, errors.Unwrap(err))
	}
	t.onEnd(func() { _ = c.CloseNow() }) // nobody needs it any more
	return &peer{t: t, conn: c, res: res}
}

// watched connects a client about which another one, the watcher, is told: of its connect at once.
func (t *trial) watched(orders ...string) (watcher, p *peer, connect note) {
	watcher = t.dial()
	p = t.dial(append(orders, "notify="+watcher.id())...)
	return watcher, p, watcher.event("CONNECT")
}

// id returns the connection id, which the probe tells.
func (p *peer) id() string {
	if p.name == "" {
		p.name = p.ask("report").Event.text("connectionId")
	}
	return p.name
}

// send sends one text message.
func (p *peer) send(text string) {
	ctx, cancel := p.t.patient()
	defer cancel()
	p.t.check("send message", p.conn.Write(ctx, ws.OpText, []byte(text)))
}

// do sends an order to the probe: its action, and then names and values.
func (p *peer) do(action string, pairs ...any) {
	order := map[string]any{"action": action}
	for i := 0; i < len(pairs); i += 2 {
		order[pairs[i].(string)] = pairs[i+1]
	}
	data, err := json.Marshal(order)
	p.t.check("encode order", err)
	p.send(string(data))
}

// ask sends an order and returns the note that answers it.
func (p *peer) ask(action string, pairs ...any) note {
	p.do(action, pairs...)
	return p.note()
}

// read returns the next message, and the error with which the connection ended.
func (p *peer) read() (ws.Opcode, string, error) {
	ctx, cancel := p.t.patient()
	defer cancel()
	op, data, err := p.conn.Read(ctx)
	return op, string(data), err
}

// text returns the next message, which must be one of text.
func (p *peer) text() string {
	op, text, err := p.read()
	p.t.check("expect a message", err)
	p.t.equal("opcode of a message", op, ws.OpText)
	return text
}

// note returns the next message, which must be a note of the probe.
func (p *peer) note() note {
	text := p.text()
	var n note
	if err := json.Unmarshal([]byte(text), &n); err != nil || !strings.HasPrefix(text, `{"event":{`) {
		if strings.HasPrefix(text, `{"bytes":`) && err == nil {
			return n
		}
		p.t.failf("got %s, want a note of the probe", show(text))
	}
	return n
}

// event returns the next note, which must be about an event of a type.
func (p *peer) event(kind string) note {
	n := p.note()
	p.t.equal("type of the event", n.Event.text("eventType"), kind)
	return n
}

// calm fails the case if the next that comes is not the answer to a question that is asked now:
// that the connection stands, and that nothing else was sent.
func (p *peer) calm() {
	n := p.ask("report")
	p.t.equal("route of the next message", n.Event.text("routeKey"), "report")
}

// errorFrame reads one of API Gateway's error frames, which must be right to the byte, and
// returns the request id in it.
func (p *peer) errorFrame(message string) (requestID string) {
	text := p.text()
	pattern := `^\{"message": "` + regexp.QuoteMeta(message) +
		`", "connectionId":"([^"]+)", "requestId":"([^"]+)"\}$`
	found := regexp.MustCompile(pattern).FindStringSubmatch(text)
	if found == nil {
		p.t.failf("got %s, want the error frame %q", show(text), message)
	}
	if p.name != "" {
		p.t.equal("connectionId of the error frame", found[1], p.name)
	}
	return found[2]
}

// raw sends bytes as they are.
func (p *peer) raw(frames ...[]byte) {
	ctx, cancel := p.t.patient()
	defer cancel()
	for _, f := range frames {
		if p.conn.WriteRaw(ctx, f) != nil {
			return // whoever breaks the rules may be cut off; what was received counts
		}
	}
}

// ended reads until the connection ends, and returns the close frame, or nil if there was none.
func (p *peer) ended() *ws.CloseError {
	for {
		_, _, err := p.read()
		if err == nil {
			continue
		}
		if closed, ok := err.(*ws.CloseError); ok {
			return closed
		}
		if p.t.ctx.Err() != nil || isTimeout(err) {
			p.t.failf("the connection stands, want it closed")
		}
		return nil
	}
}

// closed fails the case unless the connection ends with a close frame of this code.
func (p *peer) closed(code int) {
	got := p.ended()
	if got == nil {
		p.t.failf("the socket was cut, want close code %d", code)
	}
	p.t.equal("close code", got.Code, code)
}
