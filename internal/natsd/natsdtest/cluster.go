// Package natsdtest runs clusters of NATS servers in the process of a test.
package natsdtest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"strings"
	"testing"
	"time"
	_ "unsafe" // for go:linkname

	"github.com/tyg-dev/tyg/internal/natsd"
)

// The times of elections are those of machines far apart: 4 to 9 seconds without a leader before
// one is elected. They are variables of the server that its own tests make shorter, too.
var (
	//go:linkname minElectionTimeout github.com/nats-io/nats-server/v2/server.minElectionTimeout
	minElectionTimeout time.Duration
	//go:linkname maxElectionTimeout github.com/nats-io/nats-server/v2/server.maxElectionTimeout
	maxElectionTimeout time.Duration
	//go:linkname hbInterval github.com/nats-io/nats-server/v2/server.hbInterval
	hbInterval time.Duration
	//go:linkname lostQuorumInterval github.com/nats-io/nats-server/v2/server.lostQuorumInterval
	lostQuorumInterval time.Duration
	//go:linkname lostQuorumCheck github.com/nats-io/nats-server/v2/server.lostQuorumCheck
	lostQuorumCheck time.Duration
)

// FastElections makes servers elect a leader within two seconds. Call it before the first server
// starts, in TestMain. With shorter times a busy machine has elections without end.
func FastElections() {
	hbInterval = 100 * time.Millisecond
	minElectionTimeout, maxElectionTimeout = 800*time.Millisecond, 1600*time.Millisecond
	lostQuorumInterval, lostQuorumCheck = 2*time.Second, 200*time.Millisecond
}

// A Cluster is nodes in this process.
type Cluster struct {
	t       testing.TB
	configs []natsd.Config
	nodes   []*natsd.Server // nil: stopped
}

// Start runs so many nodes until the test ends, and waits until all are ready.
func Start(t testing.TB, n int) *Cluster {
	t.Helper()
	c := &Cluster{t: t, nodes: make([]*natsd.Server, n)}
	addresses := Free(t, n)
	dir := t.TempDir()
	for i, address := range addresses {
		c.configs = append(c.configs, natsd.Config{
			Dir: fmt.Sprint(dir, "/", i), Password: "secret",
			Cluster: &natsd.Cluster{Node: address, Nodes: addresses, Password: "routes"},
		})
	}
	t.Cleanup(func() {
		for i := range c.nodes {
			c.Kill(i)
		}
	})
	for i := range n {
		c.Restart(i)
	}
	c.WaitReady()
	return c
}

// Free returns so many addresses on loopback that are free. Their ports are below those that
// systems give to clients, of which tests beside this one open thousands: one of those may be taken
// before the server listens.
func Free(t testing.TB, n int) (all []string) {
	t.Helper()
	for tries := 0; len(all) < n; tries++ {
		l, err := net.Listen("tcp", fmt.Sprint("127.0.0.1:", 10_000+rand.N(20_000)))
		if err == nil {
			defer l.Close()
			all = append(all, l.Addr().String())
		} else if tries > 1000 {
			t.Fatal(err)
		}
	}
	return all
}

// Node returns a node, nil if it is stopped.
func (c *Cluster) Node(i int) *natsd.Server { return c.nodes[i] }

// Len returns the number of nodes.
func (c *Cluster) Len() int { return len(c.nodes) }

// URL returns the addresses of all nodes that run, as a client takes them.
func (c *Cluster) URL() string {
	var all []string
	for _, n := range c.nodes {
		if n != nil {
			all = append(all, n.URL())
		}
	}
	return strings.Join(all, ",")
}

// Restart starts a node that is stopped, at the port that its clients know.
func (c *Cluster) Restart(i int) {
	c.t.Helper()
	var err error
	if c.nodes[i], err = natsd.Start(c.configs[i]); err != nil {
		c.t.Fatal(err)
	}
	c.configs[i].Port = c.nodes[i].Port()
}

// Stop stops a node as an orderly process does.
func (c *Cluster) Stop(i int) {
	c.t.Helper()
	if err := c.nodes[i].Shutdown(); err != nil {
		c.t.Errorf("shut down node %d: %v", i, err)
	}
	c.nodes[i] = nil
}

// Kill ends a node without a word to the others.
func (c *Cluster) Kill(i int) {
	if c.nodes[i] != nil {
		c.nodes[i].Kill()
		c.nodes[i] = nil
	}
}

// WaitReady waits until all nodes that run are ready. The end of the test does not end it, because
// a cleanup may wait for the goroutine that calls it.
func (c *Cluster) WaitReady() {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.t.Context()), time.Minute)
	defer cancel()
	for i, n := range c.nodes {
		if n == nil {
			continue
		}
		if err := n.WaitReady(ctx); err != nil {
			c.t.Fatalf("node %d: %v", i, err)
		}
	}
}

// Leader returns the node that leads the stream of a bucket, or -1.
func (c *Cluster) Leader(bucket string) int {
	for i, n := range c.nodes {
		if n != nil && n.Leads(bucket) {
			return i
		}
	}
	return -1
}
