//go:build unix

package main

import (
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// A link is a TCP proxy between two processes, or between clients and a node. It stops bytes in one
// direction or both as a network that loses all packets does: connections stay, and what was sent
// arrives after the repair.
type link struct {
	l      net.Listener
	target string
	there  *gate // from the process that connects
	back   *gate
	closed chan struct{}

	mu    sync.Mutex
	pairs map[*pair]bool // guarded by mu; nil: the link is closed
	ended sync.WaitGroup
}

// A pair is a connection through a link: one to it and one from it.
type pair struct {
	from     net.Conn
	to       net.Conn // guarded by link.mu; nil: not yet
	vanished atomic.Bool
}

func newLink(target string) (*link, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &link{
		l: l, target: target, there: newGate(), back: newGate(), closed: make(chan struct{}),
		pairs: make(map[*pair]bool),
	}
	p.ended.Go(p.serve) // ends with the listener; close waits for it
	return p, nil
}

func (p *link) addr() string { return p.l.Addr().String() }

// cut stops bytes in one direction or both.
func (p *link) cut(there, back bool) {
	p.there.set(there, 0)
	p.back.set(back, 0)
}

// slow delays each piece of bytes.
func (p *link) slow(d time.Duration) {
	p.there.set(false, d)
	p.back.set(false, d)
}

func (p *link) heal() { p.cut(false, false) }

// reset ends all connections on both sides, and what was under way is lost.
func (p *link) reset() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.pairs {
		for _, side := range []net.Conn{c.from, c.to} {
			if tcp, ok := side.(*net.TCPConn); ok {
				_ = tcp.SetLinger(0) // it fails if the connection is closed
				_ = tcp.Close()
			}
		}
	}
}

// vanish ends all connections on the side that has connected, as machines do that lose their power:
// the other side is told nothing, and what it sends is not read.
func (p *link) vanish() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.pairs {
		c.vanished.Store(true)
		_ = c.from.Close()
	}
}

func (p *link) serve() {
	for {
		c, err := p.l.Accept()
		if err != nil {
			return
		}
		p.ended.Go(func() { p.join(c) }) // ends with both connections
	}
}

// join connects to the target as soon as the way there is open, and copies.
func (p *link) join(from net.Conn) {
	c := &pair{from: from}
	defer p.drop(c)
	if !p.keep(c) || !p.there.wait() {
		return
	}
	to, err := net.DialTimeout("tcp", p.target, time.Second)
	if err != nil {
		return // as a server that is down
	}
	if !p.connect(c, to) {
		_ = to.Close()
		return
	}
	var both sync.WaitGroup
	both.Go(func() { c.pump(to, from, p.there) }) // both end with the connections
	both.Go(func() { c.pump(from, to, p.back) })
	both.Wait()
	if c.vanished.Load() {
		<-p.closed
	}
}

// pump copies through a gate. It passes on the end of the connection, too.
func (c *pair) pump(to, from net.Conn, g *gate) {
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		if !g.wait() || c.vanished.Load() {
			return
		}
		if n > 0 {
			if _, e := to.Write(buf[:n]); e != nil {
				err = e
			}
		}
		if c.vanished.Load() {
			return
		}
		if err != nil {
			_ = to.Close() // both end, as after a reset
			_ = from.Close()
			return
		}
	}
}

func (p *link) keep(c *pair) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.pairs == nil {
		return false
	}
	p.pairs[c] = true
	return true
}

// connect notes the second connection of a pair. It reports false if the first is over.
func (p *link) connect(c *pair, to net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.pairs == nil || c.vanished.Load() {
		return false
	}
	c.to = to
	return true
}

func (p *link) drop(c *pair) {
	p.mu.Lock()
	defer p.mu.Unlock()
	c.close()
	delete(p.pairs, c)
}

// close closes both connections. link.mu is held.
func (c *pair) close() {
	_ = c.from.Close()
	if c.to != nil {
		_ = c.to.Close()
	}
}

func (p *link) close() error {
	err := p.l.Close()
	p.mu.Lock()
	for c := range p.pairs {
		c.close()
	}
	if p.pairs != nil {
		close(p.closed)
	}
	p.pairs = nil
	p.mu.Unlock()
	p.there.close()
	p.back.close()
	p.ended.Wait()
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// A gate lets bytes pass, late or not at all.
type gate struct {
	mu     sync.Mutex
	change *sync.Cond
	shut   bool          // guarded by mu
	closed bool          // guarded by mu
	delay  time.Duration // guarded by mu
}

func newGate() *gate {
	g := new(gate)
	g.change = sync.NewCond(&g.mu)
	return g
}

func (g *gate) set(shut bool, delay time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.shut, g.delay = shut, delay
	g.change.Broadcast()
}

func (g *gate) close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.closed = true
	g.change.Broadcast()
}

// wait waits until the gate is open, and reports false when it is closed for good.
func (g *gate) wait() bool {
	g.mu.Lock()
	delay := g.delay
	for g.shut && !g.closed {
		g.change.Wait()
	}
	closed := g.closed
	g.mu.Unlock()
	if delay > 0 && !closed {
		time.Sleep(delay)
	}
	return !closed
}
