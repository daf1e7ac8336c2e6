package sock

import (
	"net"
	"runtime"
	"sync"
)

// A Batch writes to many sockets with few system calls, through io_uring: a broadcast to 1,000 costs
// a third less than with a call for each. It has one user at a time.
type Batch struct {
	poller *Poller
	ring   *ring
	done   func(i, n int, err error) // result, made once
	writes []write
}

// A write is one of a Batch.
type write struct {
	conn   *Conn
	data   []byte
	writer Writer
}

// batches are the Batches that nobody uses.
type batches struct {
	mu   sync.Mutex
	free []*Batch
	made int
	none bool // the kernel has no io_uring, or forbids it
}

// Batch returns a Batch, or nil where there can be none or all are in use: then TryWrite does. Flush
// gives it back.
func (p *Poller) Batch() *Batch {
	p.batches.mu.Lock()
	defer p.batches.mu.Unlock()
	if n := len(p.batches.free); n > 0 {
		b := p.batches.free[n-1]
		p.batches.free = p.batches.free[:n-1]
		return b
	}
	if p.batches.none || p.batches.made == runtime.GOMAXPROCS(0) {
		return nil
	}
	r, err := openRing()
	if err != nil {
		p.batches.none = true
		return nil
	}
	p.batches.made++
	b := &Batch{poller: p, ring: r, writes: make([]write, 0, ringSize)}
	b.done = b.result
	return b
}

func (w *batches) close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.none = true
	for _, b := range w.free {
		b.ring.close()
	}
	w.free = nil
}

// Add writes as much of data to c as its socket takes without waiting, some time until Flush, and
// tells w how much that was. data must not change until then. The caller has the right to write to
// c. It reports false, and does nothing, if c cannot be part of a Batch.
func (b *Batch) Add(c *Conn, data []byte, w Writer) bool {
	if c.blocking != nil || c.layer != nil || c.loop.poller != b.poller {
		return false
	}
	if c.closed.Load() || !c.incref() {
		w.Wrote(data, 0, net.ErrClosed)
		return true
	}
	b.ring.set(len(b.writes), int(c.fd), data)
	b.writes = append(b.writes, write{c, data, w})
	if len(b.writes) == ringSize {
		b.submit()
	}
	return true
}

// Flush makes all writes happen that have not yet. The Batch belongs to others afterwards.
func (b *Batch) Flush() {
	if len(b.writes) > 0 {
		b.submit()
	}
	b.poller.batches.put(b)
}

func (w *batches) put(b *Batch) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.none {
		b.ring.close() // the Poller was closed meanwhile, or the ring broke
		return
	}
	w.free = append(w.free, b)
}

// submit does what was added. If the ring breaks, which no documented error does, the writes that it
// did not tell of count as failed, and there are no more Batches.
func (b *Batch) submit() {
	if err := b.ring.submit(len(b.writes), b.done); err != nil {
		b.poller.batches.mu.Lock()
		b.poller.batches.none = true
		b.poller.batches.mu.Unlock()
		for i := range b.writes {
			b.result(i, 0, err)
		}
	}
	clear(b.writes)
	b.writes = b.writes[:0]
}

// result tells the caller of one write, once.
func (b *Batch) result(i, n int, err error) {
	w := b.writes[i]
	if w.writer == nil {
		return
	}
	b.writes[i] = write{}
	w.conn.decref()
	w.writer.Wrote(w.data, n, err)
}
