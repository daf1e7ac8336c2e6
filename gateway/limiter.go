package gateway

import (
	"context"
	"net/netip"
	"sync"
)

// gate counts who is inside: a connection enters with its handshake and leaves when its disconnect
// handler has returned. It keeps the limits on connections, and at shutdown it is what is waited
// for.
type gate struct {
	mu     sync.Mutex
	closed bool
	inside int
	per    map[netip.Addr]int // by address, loopback excepted
	empty  chan struct{}      // closed when closed && inside == 0
}

func (p *gate) open() {
	p.per = make(map[netip.Addr]int)
	p.empty = make(chan struct{})
}

// entry is the gate's answer to a handshake.
type entry uint8

const (
	entered entry = iota
	shuttingDown
	tooMany
	tooManyOfAddress
)

// enter lets one connection of addr in, unless that would break a limit; a limit of 0 is none.
func (p *gate) enter(addr netip.Addr, limit, limitPerAddress int) entry {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.closed:
		return shuttingDown
	case limit > 0 && p.inside >= limit:
		return tooMany
	case limitPerAddress > 0 && !addr.IsLoopback() && p.per[addr] >= limitPerAddress:
		return tooManyOfAddress
	}
	p.inside++
	if !addr.IsLoopback() {
		p.per[addr]++
	}
	return entered
}

// leave lets one connection of addr out.
func (p *gate) leave(addr netip.Addr) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.inside--
	if n := p.per[addr]; n > 1 {
		p.per[addr] = n - 1
	} else {
		delete(p.per, addr)
	}
	if p.closed && p.inside == 0 {
		close(p.empty)
	}
}

// shut lets nobody in any more. It reports whether the gate was open.
func (p *gate) shut() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return false
	}
	p.closed = true
	if p.inside == 0 {
		close(p.empty)
	}
	return true
}

// isShut reports whether shut was called.
func (p *gate) isShut() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.closed
}

// count returns how many are inside.
func (p *gate) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.inside
}

// wait returns when all have left, or with ctx.
func (p *gate) wait(ctx context.Context) error {
	select {
	case <-p.empty:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
