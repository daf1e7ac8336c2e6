package gateway

import (
	"context"
	"net/netip"
	"sync"
)

// connLimiter counts who is inside: a connection enters with its handshake and leaves when its
// disconnect handler has returned. It keeps the limits on connections, and at shutdown it is what
// is waited for.
type connLimiter struct {
	mu         sync.Mutex
	closed     bool
	total      int
	perAddress map[netip.Addr]int // by address, loopback excepted
	empty      chan struct{}      // closed when closed && inside == 0
}

func (l *connLimiter) init() {
	l.perAddress = make(map[netip.Addr]int)
	l.empty = make(chan struct{})
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
func (l *connLimiter) admit(addr netip.Addr, max, maxPerAddress int) admission {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.closed:
		return shuttingDown
	case max > 0 && l.total >= max:
		return totalLimit
	case maxPerAddress > 0 && !addr.IsLoopback() && l.perAddress[addr] >= maxPerAddress:
		return perAddressLimit
	}
	l.total++
	if !addr.IsLoopback() {
		l.perAddress[addr]++
	}
	return admitted
}

// release lets one connection of addr out.
func (l *connLimiter) release(addr netip.Addr) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.total--
	if n := l.perAddress[addr]; n > 1 {
		l.perAddress[addr] = n - 1
	} else {
		delete(l.perAddress, addr)
	}
	if l.closed && l.total == 0 {
		close(l.empty)
	}
}

// close lets nobody in any more. It reports whether the gate was open.
func (l *connLimiter) close() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return false
	}
	l.closed = true
	if l.total == 0 {
		close(l.empty)
	}
	return true
}

// isClosed reports whether shut was called.
func (l *connLimiter) isClosed() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.closed
}

// count returns how many are inside.
func (l *connLimiter) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.total
}

// wait returns when all have left, or with ctx.
func (l *connLimiter) wait(ctx context.Context) error {
	select {
	case <-l.empty:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
