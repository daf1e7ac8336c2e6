package sock

import (
	"net"
	"runtime"
	"sync"
)

// A Batch writes to many sockets with few system calls, through io_uring: a broadcast to 1,000
// costs a third less than with one call for each. It has one user at a time.
type Batch struct {
	poller *Poller
	ring   *ring
	done   func(i, n int, err error) // result, made once
	writes []write
	broken bool // the ring has failed

	loop *loop // whose replies it adds to; nil: it has a ring
}

// A write is one of a Batch.
type write struct {
	conn   *Conn
	data   []byte
	writer Writer
}

// batchPool keeps the Batches that are not in use.
type batchPool struct {
	mu       sync.Mutex
	free     []*Batch
	made     int
	disabled bool  // io_uring is missing, forbidden or broken, or the Poller is closed
	enter    enter // nil, but in tests
}

// Batch returns a Batch, or nil if io_uring is not available or all are in use: use TryWrite then.
// Flush gives the Batch back.
func (p *Poller) Batch() *Batch {
	p.batches.mu.Lock()
	defer p.batches.mu.Unlock()
	if n := len(p.batches.free); n > 0 {
		b := p.batches.free[n-1]
		p.batches.free = p.batches.free[:n-1]
		return b
	}
	if p.batches.disabled || p.batches.made == runtime.GOMAXPROCS(0) {
		return nil
	}
	r, err := openRing(p.batches.enter)
	if err != nil {
		p.batches.disabled = true
		return nil
	}
	p.batches.made++
	b := &Batch{poller: p, ring: r, writes: make([]write, 0, ringSize)}
	b.done = b.result
	return b
}

func (p *batchPool) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.disabled = true
	for _, b := range p.free {
		b.ring.close()
	}
	p.free = nil
}

// Add writes as much of data to c as its socket takes without waiting, at Flush at the latest, and
// then calls w. data must not change until then. The caller must hold the right to write to c. Add
// reports false, and does nothing, if c cannot be part of a Batch.
func (b *Batch) Add(c *Conn, data []byte, w Writer) bool {
	if c.blocking != nil || c.layer != nil || c.loop.poller != b.poller {
		return false
	}
	if b.loop != nil {
		return b.loop.addReply(c, data, w)
	}
	if c.closed.Load() || !c.incref() {
		w.Wrote(data, 0, net.ErrClosed)
		return true
	}
	b.ring.prepare(len(b.writes), int(c.fd), data)
	b.writes = append(b.writes, write{c, data, w})
	if len(b.writes) == ringSize {
		b.submit()
	}
	return true
}

// Flush makes the writes that were added and gives the Batch back, after which it must not be used.
// It does nothing to a TurnBatch.
func (b *Batch) Flush() {
	if b.loop != nil {
		return
	}
	if len(b.writes) > 0 {
		b.submit()
	}
	b.poller.batches.put(b)
}

func (p *batchPool) put(b *Batch) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.disabled {
		b.ring.close() // the Poller is closed, or the ring is broken
		return
	}
	p.free = append(p.free, b)
}

// submit makes the writes that were added. If the ring fails, the writes without a result are made
// one by one, and there are no more Batches.
func (b *Batch) submit() {
	if b.broken {
		b.writeRest(0, nil)
	} else if taken, err := b.ring.submit(len(b.writes), b.done); err != nil {
		b.disable()
		b.writeRest(taken, err)
	}
	clear(b.writes)
	b.writes = b.writes[:0]
}

func (b *Batch) disable() {
	b.broken = true
	b.poller.batches.mu.Lock()
	defer b.poller.batches.mu.Unlock()
	b.poller.batches.disabled = true
}

// writeRest makes the writes without a result. The ring has taken the first ones: they may have
// been made, and count as failed, because a frame that is sent twice is worse than a connection
// that ends.
func (b *Batch) writeRest(taken int, err error) {
	for i, w := range b.writes {
		switch {
		case w.writer == nil:
		case i < taken:
			b.report(i, 0, err)
		default:
			n, err := writeNow(int(w.conn.fd), w.data)
			b.report(i, n, err)
		}
	}
}

// result reports one write of the ring. A write that has failed wrote nothing, and is made again
// without the ring: if that works, the fault was the ring's.
func (b *Batch) result(i, n int, err error) {
	if w := b.writes[i]; err != nil && w.writer != nil {
		if n, err = writeNow(int(w.conn.fd), w.data); err == nil {
			b.disable()
		}
	}
	b.report(i, n, err)
}

// report calls the Writer of one write, once.
func (b *Batch) report(i, n int, err error) {
	w := b.writes[i]
	if w.writer == nil {
		return
	}
	b.writes[i] = write{}
	w.conn.decref()
	w.writer.Wrote(w.data, n, err)
}
