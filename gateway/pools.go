package gateway

import (
	"encoding/base64"
	"encoding/binary"
	"math/rand/v2"
	"sync"
	"time"
)

const (
	bigBuffer   = 64 << 10 // for the raw path, which takes one only when there is something to read
	smallBuffer = 4 << 10  // for the portable path, which waits with it in its hand
	holdAtMost  = 2 * time.Millisecond
)

// pools hold what a connection needs only while something happens on it.
type pools struct {
	big, small sync.Pool // of *desk
	buffers    sync.Pool // of *buffer
}

func (p *pools) open() {
	p.big.New = func() any { return &desk{buf: make([]byte, bigBuffer)} }
	p.small.New = func() any { return &desk{buf: make([]byte, smallBuffer)} }
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
	if cap(o.b) > bigBuffer {
		return
	}
	o.b = o.b[:0]
	p.buffers.Put(o)
}

// A desk is what a connection's goroutine works at for the length of one read.
type desk struct {
	buf []byte
	now time.Time // when the read came, then when the last handler returned
	ids string    // event ids that are not used yet

	holding *session    // whose replies are held; nil: nobody's
	timer   *time.Timer // lets them go when a handler takes its time
	mu      sync.Mutex  // between stopHolding and a timer that fires just then
}

const (
	idSize   = 16
	idsAtOne = 64
)

// id returns a new event id. They are made 64 at a time: each alone costs an allocation, and 30 ns
// more.
func (d *desk) id() string {
	if d.ids == "" {
		d.ids = newIDs(idsAtOne)
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
	text := make([]byte, 0, n*idSize)
	for i := range n {
		id[counter] = digits[i%len(digits)]
		text = append(text, id[:]...)
	}
	return string(text)
}

// startHolding lets c's replies go after holdAtMost, unless stopHolding comes first.
func (d *desk) startHolding(c *session) {
	d.mu.Lock()
	d.holding = c
	d.mu.Unlock()
	if d.timer == nil {
		d.timer = time.AfterFunc(holdAtMost, d.expire)
		return
	}
	d.timer.Reset(holdAtMost)
}

func (d *desk) stopHolding() {
	d.timer.Stop()
	d.mu.Lock()
	d.holding = nil
	d.mu.Unlock()
}

// expire runs on the timer's goroutine. If it comes late it lets go of the next session's replies,
// which costs that one a write and nothing else.
func (d *desk) expire() {
	d.mu.Lock()
	c := d.holding
	d.mu.Unlock()
	if c != nil {
		c.letGo()
	}
}
