package main

import (
	"context"
	"fmt"
	"syscall"
	"time"

	"github.com/tyg-dev/tyg/bench/internal/stat"
)

// memory is the memory of idle connections, in bytes.
type memory struct {
	start   float64 // the server's resident memory before the first connection
	conn    float64 // its growth per connection
	trimmed float64 // the same after it returned the memory that it does not use
	kernel  float64 // the kernel's own objects, for each end of a connection
	opened  float64 // seconds until all connections were open and used once

	cost  float64 // pings: µs of CPU time in a second, for each connection
	alone float64 // the same of the server without connections
}

// idle opens connections that each echo one message and are silent after it. Where a process cannot
// have all of them, several servers and clients share them.
func idle(ctx context.Context, b *bench, s setup, sv server) (r row) {
	c := &idleRun{bench: b, setup: s, server: sv}
	defer c.stop()
	if err := c.startServers(ctx); err != nil {
		return row{err: err}
	}
	r.memory, r.err = c.measure(ctx)
	return r
}

// idleRun holds the processes of a run with idle connections.
type idleRun struct {
	bench   *bench
	setup   setup
	server  server
	servers []*process
	clients []*client
}

func (c *idleRun) startServers(ctx context.Context) error {
	for range c.setup.processes {
		p, err := c.bench.start(ctx, c.server, c.bench.serverMode(c.setup, c.server))
		if err != nil {
			return err
		}
		c.servers = append(c.servers, p)
	}
	time.Sleep(time.Second) // until the servers have returned the memory of their start
	return nil
}

// measure opens the connections and measures their memory.
func (c *idleRun) measure(ctx context.Context) (memory, error) {
	return c.measureWith(func() error {
		for i := range c.servers {
			if err := c.connect(ctx, i); err != nil {
				return err
			}
		}
		return nil
	})
}

func (c *idleRun) measureWith(openAll func() error) (m memory, err error) {
	rss, slab, err := c.usage()
	if err != nil {
		return m, err
	}
	began := time.Now()
	if err := openAll(); err != nil {
		return m, err
	}
	m.opened = time.Since(began).Seconds()
	time.Sleep(5 * time.Second) // until memory of the handshakes is returned
	rssIdle, slabIdle, err := c.usage()
	if err != nil {
		return m, err
	}
	for _, p := range c.servers {
		if err := p.cmd.Process.Signal(syscall.SIGUSR2); err != nil {
			return m, err
		}
	}
	time.Sleep(3 * time.Second)
	rssTrimmed, _, err := c.usage()
	n := float64(c.setup.conns)
	m.start = rss / float64(len(c.servers))
	m.conn, m.trimmed, m.kernel = (rssIdle-rss)/n, (rssTrimmed-rss)/n, (slabIdle-slab)/n/2
	return m, err
}

// usage returns the servers' resident memory and the kernel's.
func (c *idleRun) usage() (rss, slab float64, err error) {
	var pids []int
	for _, p := range c.servers {
		pids = append(pids, p.pid())
	}
	r, err := stat.RSS(pids)
	if err != nil {
		return 0, 0, err
	}
	k, err := stat.Slab()
	return float64(r), float64(k), err
}

// connect starts the client of a server and waits until its connections are open.
func (c *idleRun) connect(ctx context.Context, i int) error {
	s, n := c.setup, c.setup.conns/len(c.servers)
	if i < c.setup.conns%len(c.servers) {
		n++
	}
	s.conns = n
	return c.open(ctx, n, append(s.args(c.bench, c.server, c.servers[i]), s.mode))
}

// open starts a load client and waits until its n connections are open.
func (c *idleRun) open(ctx context.Context, n int, args []string) error {
	client, err := c.bench.client(ctx, args...)
	if err != nil {
		return err
	}
	c.clients = append(c.clients, client)
	if err := client.opened(); err != nil {
		return fmt.Errorf("open %d connections: %w", n, err)
	}
	return nil
}

func (c *idleRun) stop() {
	for _, client := range c.clients {
		client.stop()
	}
	for _, p := range c.servers {
		p.stop()
	}
}
