package natsd

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// clusterName is the name that all nodes have in common.
const clusterName = "tyg"

// How soon nodes find that one of them is frozen or cut off. With the server's own defaults that
// takes 90 seconds, in which every request to it waits.
const (
	routePing     = time.Second
	routePingsOut = 2
)

// How long a node that stops takes to disconnect its clients, after its leaderships are with other
// nodes.
const lameDuckTime, lameDuckGrace = 100 * time.Millisecond, time.Millisecond

// maxNodes is the size of the largest cluster: each write goes to most of its nodes.
const maxNodes = 5

// A Cluster makes a server one of several nodes that keep the same data. The nodes are fixed: each
// has the same address at each start, and its own data. A node with a new name at each start, as in
// a group that grows and shrinks, would leave a dead member of the cluster behind each time, until
// the living are no majority any more.
type Cluster struct {
	// Node is the address of this node, as it is in Nodes.
	Node string

	// Nodes are the addresses of all nodes for each other, such as "node1:6222": one, three or five,
	// the same at each node.
	Nodes []string

	// Listen is the address to listen on for the other nodes. Empty means Node.
	Listen string

	// TLS is what nodes speak with each other. Both sides show a certificate, which RootCAs must
	// have signed. It is needed unless all nodes are on this machine.
	TLS *tls.Config

	// Password is the credential of the nodes. It is needed unless all nodes are on this machine.
	Password string
}

// Check reports why no node can run as c says.
func (c *Cluster) Check() error {
	if n := len(c.Nodes); n != 1 && n != 3 && n != maxNodes {
		return fmt.Errorf("a cluster of %d nodes: use 1, 3 or 5, so that most of them go on when "+
			"one stops", n)
	}
	remote := c.Listen != "" && !onLoopback(c.Listen)
	for i, node := range c.Nodes {
		host, port, err := net.SplitHostPort(node)
		if n, e := strconv.Atoi(port); err != nil || e != nil || host == "" || n < 1 || n > 65535 {
			return fmt.Errorf("node %q: use an address with a port, such as node1:6222", node)
		}
		if slices.Contains(c.Nodes[:i], node) {
			return fmt.Errorf("node %q is there twice: each has an address of its own", node)
		}
		remote = remote || !onLoopback(node)
	}
	switch {
	case !slices.Contains(c.Nodes, c.Node):
		return fmt.Errorf("this node is %q, which is none of %s",
			c.Node, strings.Join(c.Nodes, ", "))
	case remote && c.Password == "":
		return errors.New("nodes on other machines need a credential: give each the same password")
	case remote && c.TLS == nil:
		return errors.New("nodes on other machines need TLS: give each a certificate, and the " +
			"authority that has signed them")
	case c.TLS != nil && len(c.TLS.Certificates) == 0:
		return errors.New("TLS between nodes needs a certificate of this node")
	case c.TLS != nil && c.TLS.RootCAs == nil:
		return errors.New("TLS between nodes needs the authority that has signed their certificates")
	}
	return nil
}

// onLoopback reports whether an address with a port is one of this machine only.
func onLoopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	ip := net.ParseIP(host)
	return err == nil && (host == "localhost" || ip != nil && ip.IsLoopback())
}

// alone reports whether there is no other node.
func (c *Cluster) alone() bool { return c == nil || len(c.Nodes) < 2 }

// options sets the options of a node.
func (c *Cluster) options(o *server.Options) error {
	listen := c.Listen
	if listen == "" {
		listen = c.Node
	}
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return fmt.Errorf("listen for nodes: %w", err)
	}
	o.ServerName = nodeName(c.Node)
	o.LameDuckDuration, o.LameDuckGracePeriod = lameDuckTime, lameDuckGrace
	o.PingInterval, o.MaxPingsOut = routePing, routePingsOut
	o.Cluster = server.ClusterOpts{
		Name: clusterName, Host: host, Advertise: c.Node,
		AuthTimeout:  readyTimeout.Seconds(),
		PingInterval: routePing, MaxPingsOut: routePingsOut,
		NoAdvertise: true, // clients use the server of their own process
		PoolSize:    -1,   // one connection for each pair of nodes
	}
	if o.Cluster.Port, err = strconv.Atoi(port); err != nil {
		return fmt.Errorf("listen for nodes: %w", err)
	}
	if c.Password != "" {
		o.Cluster.Username, o.Cluster.Password = user, c.Password
	}
	scheme := "nats"
	if c.TLS != nil {
		scheme = "tls"
		t := c.TLS.Clone()
		t.ClientAuth, t.ClientCAs = tls.RequireAndVerifyClientCert, t.RootCAs
		t.MinVersion = max(t.MinVersion, tls.VersionTLS12)
		o.Cluster.TLSConfig, o.Cluster.TLSTimeout = t, readyTimeout.Seconds()
	}
	for _, node := range c.Nodes { // this one, too: the server counts them
		u := &url.URL{Scheme: scheme, Host: node}
		if c.Password != "" {
			u.User = url.UserPassword(user, c.Password)
		}
		o.Routes = append(o.Routes, u)
	}
	return nil
}

// nodeName returns the name of a node, from which NATS makes its identity.
func nodeName(address string) string {
	return "tyg-" + strings.NewReplacer(":", "-", ".", "-", "[", "", "]", "").Replace(address)
}

// Ready reports whether the server can keep data now: in a cluster, whether there is a leader and
// this node knows what most nodes know. Wait for it before you stop the next node.
func (s *Server) Ready() bool { return s.nats.JetStreamEnabled() && s.nats.JetStreamIsCurrent() }

// readyEvery is how often WaitReady looks.
const readyEvery = 10 * time.Millisecond

// WaitReady waits until the server is Ready. In a cluster that takes most of the nodes, and all of
// them when they start for the first time.
func (s *Server) WaitReady(ctx context.Context) error {
	tick := time.NewTicker(readyEvery)
	defer tick.Stop()
	for !s.Ready() {
		select {
		case <-ctx.Done():
			return fmt.Errorf("NATS has no leader: most of the nodes must run and reach each other, and "+
				"all of them at the first start: %w", context.Cause(ctx))
		case <-tick.C:
		}
	}
	return nil
}
