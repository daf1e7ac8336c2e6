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
	event   tyg.EventType
	message tyg.MessageType
	called  bool // by the @connections API
	toAll   bool
	count   int32  // of recipients
	order   uint64 // its number among all records
	at      time.Time
	took    time.Duration
	conn    tyg.ConnID
	request string // the id of the event
	name    string // a route, a group, or a function
	data    []byte
	size    int               // of the data before it was cut
	one     gateway.Recipient // the only recipient; empty: to has them
	*rare                     // of the record alone, or none
}

// rare is what most records lack: each message makes two, and copies them twice.
type rare struct {
	text   string // an error, a reason, a line, or a trace
	other  string // the request id that a function was given
	status int    // of a refusal, or the code of a close
	to     []gateway.Recipient
	client *client
}

// none is the rare part of records without one. It is never changed.
var none rare

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

// someRecords are so many that a recording takes them before the next tick, while they are in the
// cache of the processor.
const someRecords = 1000

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
	if r.rare == nil {
		r.rare = &none
	}
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
	clock    clock
	order    atomic.Uint64 // the last number of a record

	some chan struct{} // has an element when there are someRecords

	mu   sync.Mutex
	next *batch
}

var _ gateway.Observer = (*tap)(nil)

// A clock reads the time since its start, which costs half of what time.Now does. Its time of day
// is wrong once the machine has slept. The zero clock starts when it is first read.
type clock struct {
	once  sync.Once
	start time.Time
}

func (c *clock) now() time.Time {
	c.once.Do(func() { c.start = time.Now() })
	return c.start.Add(time.Since(c.start))
}

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

// add adds a record, with copies of data and of r.to.
func (t *tap) add(r *record, data []byte) {
	r.size = len(data)
	r.data = data[:min(len(data), max(int(t.maxFrame.Load()), maxFrame))]
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
	b.add(r)
	if len(b.records) == someRecords && !t.page.Load() {
		select {
		case t.some <- struct{}{}:
		default:
		}
	}
}

// Opened notes a connection.
func (t *tap) Opened(c *tyg.Conn, r *tyg.Request) {
	o := &client{conn: c}
	if r != nil {
		o.header, o.query = r.Header.Clone(), r.Query
	}
	t.add(&record{kind: opened, at: time.Now(), conn: c.ID, rare: &rare{client: o}}, nil)
}

// Received notes an event that begins.
func (t *tap) Received(e tyg.Event) (m gateway.Mark) {
	if t.page.Load() {
		if t.handlers.wanted {
			t.handlers.begin(e.RequestID)
		}
		m.At = time.Now() // a recording has no durations
	}
	t.add(&record{
		kind: received, event: e.Type, message: e.Message.Type, at: e.Time, conn: e.Conn.ID,
		request: e.RequestID, name: e.Route,
	}, e.Message.Data)
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
	r := record{kind: handled, event: e.Type, at: now, conn: e.Conn.ID, request: e.RequestID}
	if err != nil {
		r.rare = &rare{text: text(err)}
	}
	if !m.At.IsZero() { // else the page was opened meanwhile
		r.took = now.Sub(m.At)
	}
	t.add(&r, nil)
}

// Sending gives the record of a message its place before those of its answers.
func (t *tap) Sending(time.Time) gateway.Mark {
	m := gateway.Mark{Order: t.order.Add(1)}
	if t.page.Load() {
		m.At = time.Now()
	} else {
		m.At = t.clock.now()
	}
	return m
}

// Sent notes a message to connections.
func (t *tap) Sent(m gateway.SentMessage) {
	r := record{
		kind: sent, order: m.Mark.Order, message: m.Type, called: m.Called, toAll: m.All,
		at: m.Mark.At, one: m.One, request: m.RequestID, name: m.Group, count: int32(m.Recipients),
	}
	if m.To != nil || m.Trace != "" {
		r.rare = &rare{text: m.Trace, to: m.To}
	}
	t.add(&r, m.Data)
}

// Closed notes the end of a connection.
func (t *tap) Closed(c *tyg.Conn, end tyg.Disconnect, by gateway.Closer) {
	t.add(&record{
		kind: closed, at: time.Now(), conn: c.ID, name: string(by),
		rare: &rare{text: end.Reason, status: int(end.Code)},
	}, nil)
}

// Refused notes a handshake that became no connection.
func (t *tap) Refused(c *tyg.Conn, status int, reason string) {
	t.add(&record{
		kind: refused, at: time.Now(), conn: c.ID,
		rare: &rare{status: status, text: reason, client: &client{conn: c}},
	}, nil)
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
