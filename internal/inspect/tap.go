package inspect

import (
	"iter"
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
	whole   // of notes: a record says all
	nothing // of notes: a recording has nothing of it
)

// A note is one thing that has happened, in its order. Of a message from or to one connection it
// has all that a recording needs, without pointers: most are that, and a note is a fifth of a
// record. Of all else a record says what it is, and of messages, too, while a page is open.
type note struct {
	order   uint64 // its number
	at      int64  // nanoseconds since the start of the tap
	from    uint32 // where its bytes begin in the batch, or which record it has
	kept    uint32 // bytes of the message, behind those of the connection's id
	size    uint32 // bytes of the message before it was cut
	id      uint16 // bytes of the connection's id
	kind    kind
	message tyg.MessageType
}

// A record is one thing that has happened, as the Observer was told of it. Which fields are set
// depends on the kind.
type record struct {
	kind    kind
	event   tyg.EventType
	message tyg.MessageType
	called  bool // by the @connections API
	toAll   bool
	count   int32  // of recipients
	order   uint64 // of its Mark; 0: the next number
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

// rare is what most records lack: each message makes three, and copies them twice.
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
	maxNotes = 100_000
	maxData  = 32 << 20
)

// someNotes are so many that a recording takes them before the next tick, while they are in the
// cache of the processor.
const someNotes = 1000

// A batch is what has happened between two ticks. Its slices are used again.
type batch struct {
	notes   []note
	records []record
	data    []byte
	to      []gateway.Recipient
	lost    int
	last    uint64 // the last number when it was taken
}

func (b *batch) reset() {
	clear(b.records) // what they point to may go
	clear(b.to)
	b.notes, b.records, b.data, b.to, b.lost = b.notes[:0], b.records[:0], b.data[:0], b.to[:0], 0
}

// isFull reports whether there is no room for another note with so many bytes.
func (b *batch) isFull(bytes int) bool {
	return len(b.notes) >= maxNotes || len(b.data)+bytes > maxData
}

// inOrder returns the records in the order of their notes.
func (b *batch) inOrder() iter.Seq[*record] {
	return func(yield func(*record) bool) {
		for i := range b.notes {
			if n := &b.notes[i]; n.kind == whole && !yield(&b.records[n.from]) {
				return
			}
		}
	}
}

// bytesOf returns the connection's id and the message of a note.
func (b *batch) bytesOf(n *note) (id, message []byte) {
	all := b.data[n.from:]
	return all[:n.id], all[n.id:][:n.kept]
}

// copy adds a note of another batch, with all that belongs to it.
func (b *batch) copy(from *batch, n *note) {
	c := *n
	if n.kind == whole {
		c.from = b.addRecord(&from.records[n.from])
	} else {
		id, message := from.bytesOf(n)
		c.from = uint32(len(b.data))
		b.data = append(append(b.data, id...), message...)
	}
	b.notes = append(b.notes, c)
}

// addRecord adds a record, with copies of its data and its recipients, and returns which it is.
func (b *batch) addRecord(r *record) uint32 {
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
	return uint32(len(b.records) - 1)
}

// A tap notes what a gateway does, with little work for the goroutines on which it happens: they
// copy it into a batch. Another goroutine makes sense of it.
type tap struct {
	on       atomic.Bool  // it is the gateway's Observer
	page     atomic.Bool  // a page is open, not only a recording
	maxFrame atomic.Int64 // how many bytes of a message are kept; 0: as many as a line has

	handlers handlers
	start    time.Time
	coarse   atomic.Int64  // nanoseconds since start, while it is on: at most coarseTick old
	order    atomic.Uint64 // the last number of a note

	some chan struct{} // has an element when there are someNotes

	mu   sync.Mutex
	next *batch
}

var _ gateway.Observer = (*tap)(nil)

// init makes a tap that notes nothing yet.
func (t *tap) init() {
	t.start, t.next, t.some = time.Now(), new(batch), make(chan struct{}, 1)
}

// since returns the nanoseconds from the start of the tap to a time.
func (t *tap) since(at time.Time) int64 { return int64(at.Sub(t.start)) }

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
	r.size, r.data = len(data), t.cut(data)
	t.mu.Lock()
	defer t.mu.Unlock()
	n := note{order: t.number(r.order), at: t.since(r.at), kind: whole}
	if t.next.isFull(len(r.data)) {
		t.next.lost++
		return
	}
	n.from = t.next.addRecord(r)
	t.addNote(n)
}

// addMessage adds a note about a message of a connection, with copies of its bytes.
func (t *tap) addMessage(n note, id tyg.ConnID, data []byte) {
	kept := t.cut(data)
	n.id, n.kept, n.size = uint16(len(id)), uint32(len(kept)), uint32(len(data))
	t.mu.Lock()
	defer t.mu.Unlock()
	n.order = t.number(n.order)
	b := t.next
	if b.isFull(len(kept)) {
		b.lost++
		return
	}
	n.from = uint32(len(b.data))
	b.data = append(append(b.data, id...), kept...)
	t.addNote(n)
}

// cut returns the part of a message that is kept.
func (t *tap) cut(data []byte) []byte {
	return data[:min(len(data), max(int(t.maxFrame.Load()), maxFrame))]
}

// number returns the number that a Mark has, or the next one.
func (t *tap) number(marked uint64) uint64 {
	if marked != 0 {
		return marked
	}
	return t.order.Add(1)
}

// addNote adds a note. t.mu is held.
func (t *tap) addNote(n note) {
	b := t.next
	b.notes = append(b.notes, n)
	if len(b.notes) == someNotes && !t.page.Load() {
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

// Received notes an event that begins. A recording has messages only, and no durations.
func (t *tap) Received(e tyg.Event) (m gateway.Mark) {
	if !t.page.Load() {
		if e.Type == tyg.EventMessage {
			t.addMessage(note{kind: received, at: t.since(e.Time), message: e.Message.Type},
				e.Conn.ID, e.Message.Data)
		}
		return m
	}
	if t.handlers.wanted {
		t.handlers.begin(e.RequestID)
	}
	t.add(&record{
		kind: received, event: e.Type, message: e.Message.Type, at: e.Time, conn: e.Conn.ID,
		request: e.RequestID, name: e.Route,
	}, e.Message.Data)
	m.At = time.Now()
	return m
}

// Handled notes the end of an event.
func (t *tap) Handled(e tyg.Event, m gateway.Mark, err error) {
	page := t.page.Load()
	if page && t.handlers.wanted {
		t.handlers.end()
	}
	if err == nil && !page {
		return // a recording has failures only; the page was closed meanwhile
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

// Sending gives the note of a message its place before those of its answers. The page shows how
// long after its event it was sent; a recording is content with the time of the event, or that of
// the last tick if it is later: reading a clock costs a tenth of it.
func (t *tap) Sending(began time.Time) gateway.Mark {
	m := gateway.Mark{Order: t.order.Add(1)}
	switch {
	case t.page.Load():
		m.At = time.Now()
	case began.IsZero():
		m.At = t.start.Add(time.Since(t.start)) // costs half of what time.Now does
	default:
		m.At = t.start.Add(time.Duration(max(t.since(began), t.coarse.Load())))
	}
	return m
}

// Sent notes a message to connections.
func (t *tap) Sent(m gateway.SentMessage) {
	if m.One.ID != "" && !t.page.Load() {
		n := note{kind: sent, order: m.Mark.Order, at: t.since(m.Mark.At), message: m.Type}
		if m.One.Err != nil {
			n.kind = nothing
		}
		t.addMessage(n, m.One.ID, m.Data)
		return
	}
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
