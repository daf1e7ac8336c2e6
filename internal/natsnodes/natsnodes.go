// Package natsnodes says which NATS servers are a cluster, and judges whether they can be one. It
// compiles no NATS, so that tyg can check a configuration.
package natsnodes

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/tyg-dev/tyg/internal/hosts"
)

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

// DefaultPort is where nodes listen for each other if their addresses do not say.
const DefaultPort = "6222"

// Addresses returns the addresses of nodes, with the default port where one has none.
func Addresses(nodes []string) []string {
	all := make([]string, len(nodes))
	for i, node := range nodes {
		all[i] = strings.TrimSpace(node)
		if _, _, err := net.SplitHostPort(all[i]); err != nil && !strings.Contains(all[i], ":") {
			all[i] = net.JoinHostPort(all[i], DefaultPort)
		}
	}
	return all
}

// CheckNodes reports why nodes with these addresses cannot be a cluster.
func CheckNodes(nodes []string) error {
	for i, node := range nodes {
		host, port, err := net.SplitHostPort(node)
		if n, e := strconv.Atoi(port); err != nil || e != nil || host == "" || n < 1 || n > 65535 ||
			strings.ContainsAny(host, " /?#@") {
			return fmt.Errorf("node %q: use an address with a port, such as node1:6222", node)
		}
		if slices.Contains(nodes[:i], node) {
			return fmt.Errorf("node %q is there twice: each has an address of its own", node)
		}
	}
	if n := len(nodes); n != 1 && n != 3 && n != maxNodes {
		return fmt.Errorf("a cluster of %d nodes: use 1, 3 or 5, so that most of them go on when "+
			"one stops", n)
	}
	return nil
}

// Check reports why no node can run as c says.
func (c *Cluster) Check() error {
	if err := CheckNodes(c.Nodes); err != nil {
		return err
	}
	remote := c.remote()
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

// remote reports whether other machines reach this node, or are nodes. One node alone does not
// listen.
func (c *Cluster) remote() bool {
	if c.Alone() {
		return false
	}
	return c.Listen != "" && !hosts.IsLoopback(c.Listen) ||
		slices.ContainsFunc(c.Nodes, func(node string) bool { return !hosts.IsLoopback(node) })
}

// Alone reports whether there is no other node.
func (c *Cluster) Alone() bool { return c == nil || len(c.Nodes) < 2 }

// Of returns the node with the name of a machine, or with its first part; empty if there is none.
func Of(machine string, nodes []string) string {
	first, _, _ := strings.Cut(machine, ".")
	for _, node := range nodes {
		host, _, _ := net.SplitHostPort(node)
		if label, _, _ := strings.Cut(host, "."); host == machine || label == first {
			return node
		}
	}
	return ""
}

// LoadTLS reads what nodes speak TLS with: a certificate, its key and the authority that has signed
// the certificates of all nodes, PEM files.
func LoadTLS(cert, key, ca string) (*tls.Config, error) {
	own, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		return nil, fmt.Errorf("load certificate: %w", err)
	}
	data, err := os.ReadFile(ca)
	if err != nil {
		return nil, fmt.Errorf("load authority: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(data) {
		return nil, fmt.Errorf("load authority: %s has no PEM certificate", ca)
	}
	return &tls.Config{Certificates: []tls.Certificate{own}, RootCAs: pool}, nil
}
