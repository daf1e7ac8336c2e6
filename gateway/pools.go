package gateway

import (
	"encoding/base64"
	"encoding/binary"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const (
	bigBuffer   = 64 << 10 // for sockets that take one only when there is something to read
	smallBuffer = 4 << 10  // for those that wait with it in their hand
)

// pools hold what a connection needs only while something happens on it.
type pools struct {
	big, small sync.Pool // of *desk
	buffers    sync.Pool // of *buffer
}

func (p *pools) open() {
	p.big.New = func() any { return newDesk(bigBuffer) }
	p.small.New = func() any { return newDesk(smallBuffer) }
	p.buffers.New = func() any { return new(buffer) }
}

func (p *pools) desk(small bool) *desk {
	if small {
		return p.small.Get().(*desk)
	}
	return p.big.Get().(*desk)
}

func (p *pools) putDesk(d *desk, small bool) {
	if small {
		p.small.Put(d)
		return
	}
	p.big.Put(d)
}

// A buffer is bytes to be written.
type buffer struct{ b []byte }

func (p *pools) buffer() *buffer { return p.buffers.Get().(*buffer) }

// putBuffer keeps buffers of ordinary size; a few giants would otherwise stay for good.
func (p *pools) putBuffer(o *buffer) {
	if o == nil || cap(o.b) > bigBuffer {
		return
	}
	o.b = o.b[:0]
	p.buffers.Put(o)
}

// A desk is what a connection works at for the length of one read.
type desk struct {
	buf      []byte
	now      time.Time      // when the read came, or since then a handler that took its time returned
	ids      string         // event ids that are not used yet
	ctxs     []eventContext // contexts that are not used yet
	watch    watch
	start    time.Time // of the last handler, and until when it may run
	deadline int64
	slow     atomic.Bool // a handler took its time: now is not what it says

	holding atomic.Bool
	mu      sync.Mutex // the pass shares the rest with its handlers and its watch
	term    uint64     // counts holds
	held    []*session // whose replies wait for the end of this one
}

func newDesk(size int) *desk {
	d := &desk{buf: make([]byte, size)}
	d.watch.late = d.expire
	return d
}

// context says that a handler begins, and gives it a context.
func (d *desk) context() *eventContext {
	if d == nil {
		return new(eventContext)
	}
	d.watch.begin()
	if len(d.ctxs) == 0 {
		d.ctxs = make([]eventContext, ctxsAtOnce)
	}
	ctx := &d.ctxs[0]
	d.ctxs = d.ctxs[1:]
	if d.holding.Load() {
		ctx.desk, ctx.term = d, d.term
	}
	return ctx
}

// leave ends the pass.
func (d *desk) leave() {
	d.watch.end()
	if d.holding.Load() {
		d.release()
	}
}

const (
	idSize     = 16
	idsAtOnce  = 64
	ctxsAtOnce = 16 // who keeps one of them keeps all from the collector
)

// id returns a new event id. They are made 64 at a time: each alone costs an allocation, and 30 ns
// more.
func (d *desk) id() string {
	if d.ids == "" {
		d.ids = newIDs(idsAtOnce)
	}
	id := d.ids[:idSize]
	d.ids = d.ids[idSize:]
	return id
}

// eventID returns one event id.
func eventID() string { return newIDs(1) }

// newIDs returns n ids, at most 64, in one string. They have the shape of API Gateway's request and
// message ids, which is that of connection ids: 11 bytes in base64 with padding. They name events
// in logs and need not be secret, so those of one call share all but one character.
func newIDs(n int) string {
	const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	const counter = 6 // the character that counts
	var raw [16]byte
	binary.LittleEndian.PutUint64(raw[:], rand.Uint64())
	binary.LittleEndian.PutUint64(raw[8:], rand.Uint64())
	var id [idSize]byte
	base64.URLEncoding.Encode(id[:], raw[:11])
	var text strings.Builder
	text.Grow(n * idSize)
	for i := range n {
		id[counter] = digits[i%len(digits)]
		text.Write(id[:])
	}
	return text.String()
}
