package sock

import (
	"net"
	"runtime"
	"sync"
	"syscall"
)

// A Poller watches sockets. The zero value is ready; it takes nothing from the operating system
// before its first socket. Its methods may be called at the same time.
type Poller struct {
	// AcceptFailed, if not nil, is called with the error of an accept that failed and is tried again:
	// most likely no descriptors are left. Set it before the first Accept.
	AcceptFailed func(error)

	mu      sync.Mutex
	loops   []*loop // one for each processor; nil: not open yet
	visits  uint    // guarded by mu: how many were asked for
	closed  bool
	table   table
	workers workers
	stacks  stacks

	batches batchPool
}

// Close closes the loops. Call it when no socket is left.
func (p *Poller) Close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	for _, l := range p.loops {
		_ = l.file.Close() // which ends the goroutine that leads it
	}
	p.loops = nil
	p.workers.close()
	p.stacks.close()
	p.batches.close()
}

// loopOf returns the loop that watches fd, or nil if there can be none.
func (p *Poller) loopOf(fd int) *loop {
	p.mu.Lock()
	defer p.mu.Unlock()
	for !p.closed && len(p.loops) < runtime.GOMAXPROCS(0) {
		l, err := openLoop(p)
		if err != nil {
			break // use the loops that are open; without one, the other paths serve
		}
		p.loops = append(p.loops, l)
	}
	if len(p.loops) == 0 {
		return nil
	}
	return p.loops[fd%len(p.loops)]
}

// register gives c the descriptor fd and watches it. It reports false, and leaves fd open, if it
// cannot watch it.
func (p *Poller) register(c *Conn, fd int) bool {
	l := p.loopOf(fd)
	if l == nil {
		return false
	}
	c.loop, c.fd = l, int32(fd)
	c.refs.Store(1)
	if !p.table.set(fd, c) {
		return false
	}
	if l.watch(fd, syscall.EPOLL_CTL_ADD, awaitInput) != nil {
		p.table.set(fd, nil)
		return false
	}
	return true
}

// adopt moves the socket of nc from Go's own poller to p.
func (p *Poller) adopt(c *Conn, nc net.Conn) bool {
	switch nc.(type) {
	case *net.TCPConn, *net.UnixConn:
	default:
		return false // a layer over a socket, or a socket that is not one stream
	}
	fd, ok := duplicate(nc.(syscall.Conn))
	if !ok {
		return false
	}
	if !p.register(c, fd) {
		_ = syscall.Close(fd) // not used yet
		return false
	}
	_ = nc.Close() // the duplicate keeps the socket open
	return true
}

// adoptLayer adopts the socket below nc, if nc is a layer. The layer may have read ahead, so the
// first turn does not wait for an event.
func (p *Poller) adoptLayer(c *Conn, nc net.Conn) bool {
	l := layerOver(nc)
	if l == nil || !p.adopt(c, l.under.Conn) {
		return false
	}
	c.layer = l
	l.under.polled.Store(c)
	c.state.Store(missed)
	return true
}

func duplicate(sc syscall.Conn) (fd int, ok bool) {
	rc, err := sc.SyscallConn()
	if err != nil {
		return 0, false
	}
	err = rc.Control(func(old uintptr) {
		n, _, errno := syscall.RawSyscall(syscall.SYS_FCNTL, old, syscall.F_DUPFD_CLOEXEC, 0)
		fd, ok = int(n), errno == 0
	})
	return fd, ok && err == nil
}
