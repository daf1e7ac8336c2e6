package ws

import (
	"sync"
	"time"
)

// Buffers that have grown beyond this many bytes are left to the garbage collector, so that a few
// large messages do not pin memory for good.
const maxPooled = 64 << 10

// A buffer is memory for a message that cannot stay where it was received.
type buffer struct {
	data []byte

	// of a message that was inflated
	wire int           // bytes that it had on the wire
	took time.Duration // to inflate and check it
}

// buffers is a cache without observable state, and safe for concurrent use.
var buffers = sync.Pool{New: func() any { return new(buffer) }}

func newBuffer() *buffer { return buffers.Get().(*buffer) }

// free returns b to the pool. b may be nil.
func (b *buffer) free() {
	if b == nil || cap(b.data) > maxPooled {
		return
	}
	b.data, b.wire, b.took = b.data[:0], 0, 0
	buffers.Put(b)
}
