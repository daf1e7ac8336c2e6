package natsd

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/tyg-dev/tyg/internal/natsnodes"
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

// A Cluster makes a server one of several nodes that keep the same data.
type Cluster = natsnodes.Cluster

// setOptions sets the options of a node.
func setOptions(o *server.Options, c *Cluster) error {
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
		AuthTimeout:  handshakeTimeout.Seconds(),
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
		o.Cluster.TLSConfig, o.Cluster.TLSTimeout = t, handshakeTimeout.Seconds()
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
