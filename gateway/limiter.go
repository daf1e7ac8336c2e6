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

func (g *gate) open() {
	g.per = make(map[netip.Addr]int)
	g.empty = make(chan struct{})
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
func (g *gate) enter(addr netip.Addr, limit, limitPerAddress int) entry {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case g.closed:
		return shuttingDown
	case limit > 0 && g.inside >= limit:
		return tooMany
	case limitPerAddress > 0 && !addr.IsLoopback() && g.per[addr] >= limitPerAddress:
		return tooManyOfAddress
	}
	g.inside++
	if !addr.IsLoopback() {
		g.per[addr]++
	}
	return entered
}

// leave lets one connection of addr out.
func (g *gate) leave(addr netip.Addr) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.inside--
	if n := g.per[addr]; n > 1 {
		g.per[addr] = n - 1
	} else {
		delete(g.per, addr)
	}
	if g.closed && g.inside == 0 {
		close(g.empty)
	}
}

// shut lets nobody in any more. It reports whether the gate was open.
func (g *gate) shut() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return false
	}
	g.closed = true
	if g.inside == 0 {
		close(g.empty)
	}
	return true
}

// isShut reports whether shut was called.
func (g *gate) isShut() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.closed
}

// count returns how many are inside.
func (g *gate) count() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.inside
}

// wait returns when all have left, or with ctx.
func (g *gate) wait(ctx context.Context) error {
	select {
	case <-g.empty:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
