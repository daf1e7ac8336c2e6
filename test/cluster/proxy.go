//go:build unix

package main

import (
	"errors"
	"io"
	"net"
	"sync"
	"time"
)

// A link is a TCP proxy between two processes, which stops bytes in one direction or both as a
// network that loses all packets does: connections stay, and what was sent arrives after the
// repair.
type link struct {
	l      net.Listener
	target string
	there  *gate // from the process that connects
	back   *gate

	mu    sync.Mutex
	conns map[net.Conn]bool // guarded by mu
	ended sync.WaitGroup
}

func newLink(target string) (*link, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &link{
		l: l, target: target, there: newGate(), back: newGate(), conns: make(map[net.Conn]bool),
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
	defer p.drop(from)
	if !p.keep(from) || !p.there.wait() {
		return
	}
	to, err := net.DialTimeout("tcp", p.target, time.Second)
	if err != nil {
		return // as a server that is down
	}
	defer p.drop(to)
	if !p.keep(to) {
		return
	}
	var both sync.WaitGroup
	both.Go(func() { pump(to, from, p.there) }) // both end with the connections
	both.Go(func() { pump(from, to, p.back) })
	both.Wait()
}

// pump copies through a gate. It passes on the end of the connection, too.
func pump(to, from net.Conn, g *gate) {
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		if !g.wait() {
			return
		}
		if n > 0 {
			if _, e := to.Write(buf[:n]); e != nil {
				err = e
			}
		}
		if err != nil {
			_ = to.Close() // both ends, as after a reset
			_ = from.Close()
			return
		}
	}
}

func (p *link) keep(c net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.conns == nil {
		return false
	}
	p.conns[c] = true
	return true
}

func (p *link) drop(c net.Conn) {
	_ = c.Close()
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.conns, c)
}

func (p *link) close() error {
	err := p.l.Close()
	p.mu.Lock()
	for c := range p.conns {
		_ = c.Close()
	}
	p.conns = nil
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
