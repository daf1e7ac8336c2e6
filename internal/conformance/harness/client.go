package harness

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/tyg-dev/tyg/internal/ws"
	"github.com/tyg-dev/tyg/internal/wsclient"
)

// A Client is a client of the probe.
type Client struct {
	Conn     *wsclient.Conn
	Response *http.Response // the 101

	t  *T
	id string // the connection id; empty: not known yet
}

// query makes a query of "name=value" texts. The authorizer of probes denies a query without
// "probe".
func query(commands []string) string {
	q := url.Values{"probe": {"1"}}
	for _, o := range commands {
		name, value, _ := strings.Cut(o, "=")
		q.Add(name, value)
	}
	return q.Encode()
}

// Dial connects a client, with commands for the probe such as "connect=status:201".
func (t *T) Dial(commands ...string) *Client {
	return t.DialWith(new(wsclient.Options), commands...)
}

// DialWith is Dial with options.
func (t *T) DialWith(o *wsclient.Options, commands ...string) *Client {
	o.TLS = t.Target.TLS
	ctx, cancel := t.timeout()
	defer cancel()
	c, res, err := wsclient.Dial(ctx, t.Endpoint.URL+"?"+query(commands), o)
	if err != nil {
		t.Failf("connect with %q: %v", commands, errors.Unwrap(err))
	}
	t.onEnd(func() { _ = c.CloseNow() }) // the case has ended
	return &Client{Conn: c, Response: res, t: t}
}

// DialWatched connects two clients. The probe sends watcher a notice of each event of p; connect is
// the first.
func (t *T) DialWatched(commands ...string) (watcher, p *Client, connect Notice) {
	watcher = t.Dial()
	p = t.Dial(append(commands, "notify="+watcher.ID())...)
	return watcher, p, watcher.Event("CONNECT")
}

// ID returns the connection id, which it asks the probe for.
func (p *Client) ID() string {
	if p.id == "" {
		p.id = p.Ask("report").Event.Text("connectionId")
	}
	return p.id
}

// Send sends one text message.
func (p *Client) Send(text string) {
	ctx, cancel := p.t.timeout()
	defer cancel()
	p.t.Check("send message", p.Conn.Write(ctx, ws.OpText, []byte(text)))
}

// Do sends a command to the probe: its action, and then names and values.
func (p *Client) Do(action string, pairs ...any) {
	command := map[string]any{"action": action}
	for i := 0; i < len(pairs); i += 2 {
		command[pairs[i].(string)] = pairs[i+1]
	}
	data, err := json.Marshal(command)
	p.t.Check("encode command", err)
	p.Send(string(data))
}

// Ask sends a command and returns the notice that answers it.
func (p *Client) Ask(action string, pairs ...any) Notice {
	p.Do(action, pairs...)
	return p.Notice()
}

// Read returns the next message, and the error with which the connection ended.
func (p *Client) Read() (ws.Opcode, string, error) {
	ctx, cancel := p.t.timeout()
	defer cancel()
	op, data, err := p.Conn.Read(ctx)
	return op, string(data), err
}

// Text returns the next message, which must be text.
func (p *Client) Text() string {
	op, text, err := p.Read()
	p.t.Check("expect a message", err)
	p.t.Equal("opcode of a message", op, ws.OpText)
	return text
}

// Notice returns the next message, which must be a notice of the probe.
func (p *Client) Notice() Notice {
	text := p.Text()
	var n Notice
	if err := json.Unmarshal([]byte(text), &n); err != nil || !strings.HasPrefix(text, `{"event":{`) {
		if strings.HasPrefix(text, `{"bytes":`) && err == nil {
			return n
		}
		p.t.Failf("got %s, want a notice of the probe", Show(text))
	}
	return n
}

// Event returns the next notice, which must be about an event of a type.
func (p *Client) Event(kind string) Notice {
	n := p.Notice()
	p.t.Equal("type of the event", n.Event.Text("eventType"), kind)
	return n
}

// ExpectQuiet fails the case unless the connection is open and no message waits in it: it sends a
// command, and the next message must be the notice that answers it.
func (p *Client) ExpectQuiet() {
	n := p.Ask("report")
	p.t.Equal("route of the next message", n.Event.Text("routeKey"), "report")
}

// ErrorFrame reads one of API Gateway's error frames, which must be right to the byte, and
// returns the request id in it.
func (p *Client) ErrorFrame(message string) (requestID string) {
	text := p.Text()
	pattern := `^\{"message": "` + regexp.QuoteMeta(message) +
		`", "connectionId":"([^"]+)", "requestId":"([^"]+)"\}$`
	found := regexp.MustCompile(pattern).FindStringSubmatch(text)
	if found == nil {
		p.t.Failf("got %s, want the error frame %q", Show(text), message)
	}
	if p.id != "" {
		p.t.Equal("connectionId of the error frame", found[1], p.id)
	}
	return found[2]
}

// WriteRaw sends bytes as they are.
func (p *Client) WriteRaw(frames ...[]byte) {
	ctx, cancel := p.t.timeout()
	defer cancel()
	for _, f := range frames {
		if p.Conn.WriteRaw(ctx, f) != nil {
			return // a client that breaks the rules may be cut off; what was received counts
		}
	}
}

// ReadUntilClosed reads until the connection ends, and returns the close frame, or nil if there was
// none.
func (p *Client) ReadUntilClosed() *ws.CloseError {
	for {
		_, _, err := p.Read()
		if err == nil {
			continue
		}
		if closed, ok := err.(*ws.CloseError); ok {
			return closed
		}
		if p.t.ctx.Err() != nil || IsTimeout(err) {
			p.t.Failf("the connection is open, want it closed")
		}
		return nil
	}
}

// ExpectClose fails the case unless the connection ends with a close frame of this code.
func (p *Client) ExpectClose(code int) {
	got := p.ReadUntilClosed()
	if got == nil {
		p.t.Failf("the socket was cut, want close code %d", code)
	}
	p.t.Equal("close code", got.Code, code)
}

// Pongs collects the payloads of pongs from now on, while the client reads.
func (p *Client) Pongs() *[]string {
	got := new([]string)
	p.Conn.OnPong = func(payload []byte) { *got = append(*got, string(payload)) }
	return got
}

// WithPatience returns the client with a T that waits longer, by d.
func (p *Client) WithPatience(d time.Duration) *Client {
	long := *p
	long.t = p.t.WithPatience(d)
	return &long
}
