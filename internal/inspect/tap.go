package inspect

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/gateway"
)

// A kind is what a record is about.
type kind uint8

const (
	opened kind = iota + 1
	received
	routed
	handled
	sent
	closed
	refused
	started
	printed
)

// A record is one thing that has happened, as the Observer was told of it. Which fields are set
// depends on the kind.
type record struct {
	kind    kind
	order   uint64 // its number among all records
	event   tyg.EventType
	message tyg.MessageType
	called  bool // by the @connections API
	toAll   bool
	status  int // of a refusal, or the code of a close
	at      time.Time
	took    time.Duration
	conn    tyg.ConnID
	request string // the id of the event
	name    string // a route, a group, or a function
	text    string // an error, a reason, a line, or a trace
	other   string // the request id that a function was given
	data    []byte
	size    int               // of the data before it was cut
	one     gateway.Recipient // the only recipient; empty: to has them
	to      []gateway.Recipient
	count   int // of recipients
	client  *client
}

// A client is what the handshake of a connection said.
type client struct {
	conn   *tyg.Conn
	header map[string][]string
	query  map[string][]string
}

// The bounds of what a tap holds between two ticks. What is beyond is counted and dropped.
const (
	maxRecords = 100_000
	maxData    = 32 << 20
)

// A batch is what has happened between two ticks. Its slices are used again.
type batch struct {
	records []record
	data    []byte
	to      []gateway.Recipient
	lost    int
	last    uint64 // the last number when it was taken
}

func (b *batch) reset() {
	clear(b.records) // what they point to may go
	clear(b.to)
	b.records, b.data, b.to, b.lost = b.records[:0], b.data[:0], b.to[:0], 0
}

// add adds a record, with copies of its data and its recipients.
func (b *batch) add(r *record) {
	b.records = append(b.records, *r)
	r = &b.records[len(b.records)-1]
	if len(r.data) > 0 {
		from := len(b.data)
		b.data = append(b.data, r.data...) // may move; records keep what they have
		r.data = b.data[from:len(b.data):len(b.data)]
	}
	if len(r.to) > 0 {
		from := len(b.to)
		b.to = append(b.to, r.to...)
		r.to = b.to[from:len(b.to):len(b.to)]
	}
}

// A tap notes what a gateway does, with little work for the goroutines on which it happens: they
// copy it into a batch. Another goroutine makes sense of it.
type tap struct {
	on       atomic.Bool  // it is the gateway's Observer
	page     atomic.Bool  // a page is open, not only a recording
	maxFrame atomic.Int64 // how many bytes of a message are kept; 0: as many as a line has

	handlers handlers
	order    atomic.Uint64 // the last number of a record

	mu   sync.Mutex
	next *batch
}

var _ gateway.Observer = (*tap)(nil)

// take returns what has happened since the last call, and gives the tap an empty batch.
func (t *tap) take(empty *batch) *batch {
	empty.reset()
	t.mu.Lock()
	defer t.mu.Unlock()
	full := t.next
	full.last = t.order.Load()
	t.next = empty
	return full
}

// add adds a record, with copies of data and to.
func (t *tap) add(r record, data []byte, to []gateway.Recipient) {
	r.size = len(data)
	r.data = data[:min(len(data), max(int(t.maxFrame.Load()), maxFrame))]
	r.to = to
	t.mu.Lock()
	defer t.mu.Unlock()
	if r.order == 0 {
		r.order = t.order.Add(1)
	}
	b := t.next
	if len(b.records) >= maxRecords || len(b.data)+len(r.data) > maxData {
		b.lost++
		return
	}
	b.add(&r)
}

// Opened notes a connection.
func (t *tap) Opened(c *tyg.Conn, r *tyg.Request) {
	o := &client{conn: c}
	if r != nil {
		o.header, o.query = r.Header.Clone(), r.Query
	}
	t.add(record{kind: opened, at: time.Now(), conn: c.ID, client: o}, nil, nil)
}

// Received notes an event that begins.
func (t *tap) Received(e tyg.Event) (m gateway.Mark) {
	if t.page.Load() {
		if t.handlers.wanted {
			t.handlers.begin(e.RequestID)
		}
		m.At = time.Now() // a recording has no durations
	}
	t.add(record{
		kind: received, event: e.Type, message: e.Message.Type, at: e.Time, conn: e.Conn.ID,
		request: e.RequestID, name: e.Route,
	}, e.Message.Data, nil)
	return m
}

// Handled notes the end of an event.
func (t *tap) Handled(e tyg.Event, m gateway.Mark, err error) {
	page := t.page.Load()
	if page && t.handlers.wanted {
		t.handlers.end()
	}
	if err == nil && !page {
		return // a recording has failures only
	}
	now := time.Now()
	r := record{
		kind: handled, event: e.Type, at: now, conn: e.Conn.ID, request: e.RequestID, text: text(err),
	}
	if !m.At.IsZero() { // else the page was opened meanwhile
		r.took = now.Sub(m.At)
	}
	t.add(r, nil, nil)
}

// Sending gives the record of a message its place before those of its answers.
func (t *tap) Sending() gateway.Mark {
	return gateway.Mark{Order: t.order.Add(1), At: time.Now()}
}

// Sent notes a message to connections.
func (t *tap) Sent(m gateway.SentMessage) {
	t.add(record{
		kind: sent, order: m.Mark.Order, message: m.Type, called: m.Called, toAll: m.All,
		at: m.Mark.At, one: m.One, request: m.RequestID, name: m.Group, text: m.Trace, count: m.Recipients,
	}, m.Data, m.To)
}

// Closed notes the end of a connection.
func (t *tap) Closed(c *tyg.Conn, end tyg.Disconnect, by gateway.Closer) {
	t.add(record{
		kind: closed, at: time.Now(), conn: c.ID, status: int(end.Code), text: end.Reason,
		name: string(by),
	}, nil, nil)
}

// Refused notes a handshake that became no connection.
func (t *tap) Refused(c *tyg.Conn, status int, reason string) {
	t.add(record{
		kind: refused, at: time.Now(), conn: c.ID, status: status, text: reason,
		client: &client{conn: c},
	}, nil, nil)
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
