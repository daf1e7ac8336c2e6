package tygtest

import (
	"context"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/internal/groups"
	"github.com/tyg-dev/tyg/internal/values"
)

// The reasons in disconnect events, as API Gateway was seen to write them.
const (
	goingAway = "Going away"

	// https://github.com/aws/chalice/issues/2060
	closedNormally = "Connection Closed Normally"

	// https://github.com/awslabs/aws-lambda-rust-runtime/blob/main/lambda-events/src/fixtures/example-apigw-websocket-request-disconnect-route.json
	statusNotSet = "Client-side close frame status not set"
)

// A Client is the client's end of a connection of a [Host]. Its methods fail the test when a result
// is not the expected one.
type Client struct {
	// Static after newClient.
	host *Host
	conn *tyg.Conn
	busy chan struct{} // a lock: full while a handler of this connection runs

	groups groups.Conn[*Client]
	value  values.One // the application's state

	// Guarded by host.mu.
	number        int // in the order of connecting
	state         state
	active        time.Time     // when a message last went either way
	inbox         []message     // what has arrived and was not received yet
	arrival       chan struct{} // closed at the next change of inbox or state; nil if no call waits
	ended         ending        // how it ended, if state is closed
	disconnectDue bool          // the disconnect event was not handled yet
}

// A state is the state of a connection.
type state uint8

const (
	connecting state = iota
	open
	closed
)

// An ending says how a connection ended, for its client and for the disconnect event.
type ending struct {
	client tyg.Disconnect
	event  tyg.Disconnect // the zero Disconnect is the same as client
}

func newClient(h *Host, r *tyg.Request) *Client {
	now := time.Now()
	c := &Client{host: h, busy: make(chan struct{}, 1), active: now}
	c.conn = &tyg.Conn{
		ID:          tyg.ConnID(newID()),
		Sender:      h,
		ConnectedAt: now,
		SourceIP:    r.SourceIP,
		UserAgent:   r.UserAgent(),
		Domain:      domain,
		Stage:       "test",
		APIID:       "tygtest",
	}
	return c
}

// ID returns the connection's id.
func (c *Client) ID() tyg.ConnID { return c.conn.ID }

// Subprotocol returns the subprotocol that was selected at connect, or "".
func (c *Client) Subprotocol() string { return c.conn.Subprotocol }

// Send sends a message and returns when its handler has returned. If a handler of this connection
// is running, Send waits for it first; so it must not be called from there. A message that is over
// 128 KB ends the connection with code 1009, one that is not UTF-8 with 1007.
func (c *Client) Send(text string) { c.sendOrFail(message{tyg.Text, text}) }

// SendBinary is Send for a binary message, which ends the connection with code 1003 unless the
// host takes them, see [Host].Binary.
func (c *Client) SendBinary(data []byte) { c.sendOrFail(message{tyg.Binary, string(data)}) }

func (c *Client) sendOrFail(m message) {
	c.host.t.Helper()
	if err := c.send(m); err != nil {
		c.host.t.Errorf("send %.80q: %v", m.data, err)
	}
}

func (c *Client) send(m message) error {
	switch {
	case len(m.data) > maxMessage:
		return c.endByClient(ending{client: tyg.Disconnect{Code: 1009, Reason: "Message too big"}})
	case m.kind == tyg.Binary && !c.host.Binary:
		return c.endByClient(ending{
			client: tyg.Disconnect{Code: 1003, Reason: "binary messages are not accepted"},
		})
	case m.kind == tyg.Text && !utf8.ValidString(m.data):
		return c.endByClient(ending{client: tyg.Disconnect{Code: 1007, Reason: "Invalid UTF-8"}})
	}
	c.busy <- struct{}{}
	defer c.unlock()
	if err := c.markActive(); err != nil {
		return err
	}
	c.host.message(c, m)
	return nil
}

// Close closes the connection from the client's side and returns when the disconnect handler has
// returned; if a handler of the connection is running in another goroutine, it follows that one.
// The code 1005 stands for a close frame without a code. Closing twice does nothing.
func (c *Client) Close(code tyg.CloseCode, reason string) {
	e := ending{client: tyg.Disconnect{Code: code, Reason: reason}}
	if code == 1005 {
		e.event = tyg.Disconnect{Code: code, Reason: statusNotSet}
	}
	_ = c.endByClient(e) // that it was closed before is fine
}

// Drop loses the connection without a close frame, like a phone in a tunnel: the disconnect event
// has code 1006. Otherwise it is like Close.
func (c *Client) Drop() { _ = c.endByClient(ending{client: tyg.Disconnect{Code: 1006}}) }

// Receive returns the next message from the host. It waits for it up to [Host.Wait] and ends the
// test if none comes, or a binary one.
func (c *Client) Receive() string {
	c.host.t.Helper()
	return c.receiveAs(tyg.Text)
}

// ReceiveBinary is Receive for a binary message.
func (c *Client) ReceiveBinary() []byte {
	c.host.t.Helper()
	return []byte(c.receiveAs(tyg.Binary))
}

func (c *Client) receiveAs(want tyg.MessageType) string {
	c.host.t.Helper()
	m, err := c.wait()
	if err != nil {
		c.host.t.Fatalf("receive: %v", err)
	}
	if m.kind != want {
		c.host.t.Fatalf("received the %v message %.200q, want a %v message", m.kind, m.data, want)
	}
	return m.data
}

// Expect receives as many messages as there are texts, and checks that they are equal, in this
// order.
func (c *Client) Expect(texts ...string) {
	c.host.t.Helper()
	for _, want := range texts {
		got, err := c.wait()
		if err != nil {
			c.host.t.Fatalf("expect %.200q: %v", want, err)
		}
		if got.kind != tyg.Text {
			c.host.t.Errorf("received the binary message %.200q, want the text %.200q", got.data, want)
		} else if got.data != want {
			c.host.t.Errorf("received %.200q, want %.200q", got.data, want)
		}
	}
}

// ExpectNone checks that no message is waiting to be received. It does not wait: the messages
// that handlers have sent are there when the call that ran them returns.
func (c *Client) ExpectNone() {
	c.host.t.Helper()
	for _, text := range c.Received() {
		c.host.t.Errorf("received %.200q, want nothing", text)
	}
}

// Received returns all messages that are waiting to be received, of either type. It does not wait
// for more.
func (c *Client) Received() []string {
	c.host.mu.Lock()
	defer c.host.mu.Unlock()
	var texts []string
	for _, m := range c.inbox {
		texts = append(texts, m.data)
	}
	c.inbox = nil
	return texts
}

// Closed reports whether the connection has ended, and how the client saw it end.
func (c *Client) Closed() (tyg.Disconnect, bool) {
	c.host.mu.Lock()
	defer c.host.mu.Unlock()
	return c.ended.client, c.state == closed
}

func (c *Client) wait() (message, error) {
	wait := c.host.Wait
	if wait == 0 {
		wait = DefaultWait
	}
	ctx, cancel := context.WithTimeoutCause(context.Background(), wait,
		fmt.Errorf("nothing came within %v", wait))
	defer cancel()
	return c.receive(ctx)
}

// receive waits for a message. Its error is the cause of ctx, or a *Closed.
func (c *Client) receive(ctx context.Context) (message, error) {
	for {
		m, arrival, err := c.next()
		if arrival == nil {
			return m, err
		}
		select {
		case <-arrival:
		case <-ctx.Done():
			return message{}, context.Cause(ctx)
		}
	}
}

// next returns the first message of the inbox or, if there will be none, a *Closed. Else it returns
// a channel that is closed when there may be one.
func (c *Client) next() (message, <-chan struct{}, error) {
	c.host.mu.Lock()
	defer c.host.mu.Unlock()
	if len(c.inbox) > 0 {
		m := c.inbox[0]
		c.inbox = slices.Delete(c.inbox, 0, 1)
		return m, nil, nil
	}
	if c.state == closed {
		return message{}, nil, &Closed{Code: c.ended.client.Code, Reason: c.ended.client.Reason}
	}
	if c.arrival == nil {
		c.arrival = make(chan struct{})
	}
	return message{}, c.arrival, nil
}

// notify wakes the calls of receive that wait. The caller holds host.mu.
func (c *Client) notify() {
	if c.arrival != nil {
		close(c.arrival)
		c.arrival = nil
	}
}
