package gateway

import (
	"context"
	"net/netip"
	"sync"
)

// connLimiter counts connections, from their handshake to the return of their disconnect handler.
// It keeps the limits on them, and Shutdown waits until it is empty.
type connLimiter struct {
	mu         sync.Mutex
	closed     bool
	total      int
	perAddress map[netip.Addr]int // of other machines
	empty      chan struct{}      // closed when closed && total == 0
}

func (l *connLimiter) init() {
	l.perAddress = make(map[netip.Addr]int)
	l.empty = make(chan struct{})
}

// An admission is what admit says to a handshake.
type admission uint8

const (
	admitted admission = iota
	shuttingDown
	totalLimit
	perAddressLimit
)

// admit counts one connection of addr, unless that would break a limit; a limit of 0 is none.
func (l *connLimiter) admit(addr netip.Addr, max, maxPerAddress int) admission {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.closed:
		return shuttingDown
	case max > 0 && l.total >= max:
		return totalLimit
	case maxPerAddress > 0 && isRemote(addr) && l.perAddress[subscriber(addr)] >= maxPerAddress:
		return perAddressLimit
	}
	l.total++
	if isRemote(addr) {
		l.perAddress[subscriber(addr)]++
	}
	return admitted
}

// subscriber returns what is counted as one address: of IPv6 its first 64 bits, because a
// subscriber has all addresses that begin with them (RFC 6177, RFC 4291 section 2.5.1).
func subscriber(addr netip.Addr) netip.Addr {
	if !addr.Is6() || addr.Is4In6() {
		return addr
	}
	return netip.PrefixFrom(addr, 64).Masked().Addr() // without a zone
}

// isRemote reports whether addr is of another machine. A client without an address has come through
// a Unix socket, as all clients of a proxy do that has one.
func isRemote(addr netip.Addr) bool { return addr.IsValid() && !addr.IsLoopback() }

// release ends the count of one connection of addr.
func (l *connLimiter) release(addr netip.Addr) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.total--
	addr = subscriber(addr)
	if n := l.perAddress[addr]; n > 1 {
		l.perAddress[addr] = n - 1
	} else {
		delete(l.perAddress, addr)
	}
	if l.closed && l.total == 0 {
		close(l.empty)
	}
}

// close ends all admissions. It reports false if it was called before.
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

// isClosed reports whether close was called.
func (l *connLimiter) isClosed() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.closed
}

// count returns how many connections there are.
func (l *connLimiter) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.total
}

// wait waits, after close, until no connection is left or ctx ends.
func (l *connLimiter) wait(ctx context.Context) error {
	select {
	case <-l.empty:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
