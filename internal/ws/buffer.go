package ws

import "sync"

// Buffers that have grown beyond this many bytes are left to the garbage collector, so that a few
// large messages do not pin memory for good.
const maxPooled = 64 << 10

// A buffer is memory for a message that cannot stay where it was received.
type buffer struct{ data []byte }

// Safe for concurrent use, and only a cache: it is no state that anybody could observe.
var buffers = sync.Pool{New: func() any { return new(buffer) }}

func newBuffer() *buffer { return buffers.Get().(*buffer) }

// free gives b back. A nil b is fine.
func (b *buffer) free() {
	if b == nil || cap(b.data) > maxPooled {
		return
	}
	b.data = b.data[:0]
	buffers.Put(b)
}
