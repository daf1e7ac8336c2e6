package gateway

import (
	"context"
	"net/netip"
	"sync"
)

// connLimiter counts who is inside: a connection enters with its handshake and leaves when its disconnect
// handler has returned. It keeps the limits on connections, and at shutdown it is what is waited
// for.
type connLimiter struct {
	mu         sync.Mutex
	closed     bool
	total      int
	perAddress map[netip.Addr]int // by address, loopback excepted
	empty      chan struct{}      // closed when closed && inside == 0
}

func (p *connLimiter) init() {
	p.perAddress = make(map[netip.Addr]int)
	p.empty = make(chan struct{})
}

// admission is the gate's answer to a handshake.
type admission uint8

const (
	admitted admission = iota
	shuttingDown
	totalLimit
	perAddressLimit
)

// admit lets one connection of addr in, unless that would break a limit; a limit of 0 is none.
func (p *connLimiter) admit(addr netip.Addr, max, maxPerAddress int) admission {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.closed:
		return shuttingDown
	case max > 0 && p.total >= max:
		return totalLimit
	case maxPerAddress > 0 && !addr.IsLoopback() && p.perAddress[addr] >= maxPerAddress:
		return perAddressLimit
	}
	p.total++
	if !addr.IsLoopback() {
		p.perAddress[addr]++
	}
	return admitted
}

// release lets one connection of addr out.
func (p *connLimiter) release(addr netip.Addr) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.total--
	if n := p.perAddress[addr]; n > 1 {
		p.perAddress[addr] = n - 1
	} else {
		delete(p.perAddress, addr)
	}
	if p.closed && p.total == 0 {
		close(p.empty)
	}
}

// close lets nobody in any more. It reports whether the gate was open.
func (p *connLimiter) close() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return false
	}
	p.closed = true
	if p.total == 0 {
		close(p.empty)
	}
	return true
}

// isClosed reports whether shut was called.
func (p *connLimiter) isClosed() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.closed
}

// count returns how many are inside.
func (p *connLimiter) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.total
}

// wait returns when all have left, or with ctx.
func (p *connLimiter) wait(ctx context.Context) error {
	select {
	case <-p.empty:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
