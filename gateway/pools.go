package gateway

import (
	"sync"
)

// pools hold what a connection needs only while something happens on it.
type pools struct {
	big, small sync.Pool // of *readScratch
	buffers    sync.Pool // of *buffer
}

func (p *pools) init() {
	p.big.New = func() any { return newScratch(bigBuffer) }
	p.small.New = func() any { return newScratch(smallBuffer) }
	p.buffers.New = func() any { return new(buffer) }
}

// A buffer holds bytes to be written.
type buffer struct{ b []byte }

func (p *pools) getBuffer() *buffer { return p.buffers.Get().(*buffer) }

// putBuffer returns a buffer of ordinary size to the pool. Larger ones are dropped: the pool would
// keep their memory.
func (p *pools) putBuffer(o *buffer) {
	if o == nil || cap(o.b) > bigBuffer {
		return
	}
	o.b = o.b[:0]
	p.buffers.Put(o)
}
