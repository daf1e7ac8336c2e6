package selfhost

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/tyg-dev/tyg/cmd/internal/project"
	"github.com/tyg-dev/tyg/internal/natsnodes"
)

// A Place is which node of which cluster a gateway is to be.
type Place struct {
	Cluster string // its name
	Node    string // the name of this node
	NATS    string // URL of the server; empty: Embedded

	// Embedded is the node of the NATS servers that the gateways embed, nil for none, and Dir is
	// where its server keeps its data.
	Embedded *natsnodes.Cluster
	Dir      string

	CredentialsFile string
	Insecure        bool
	IDKey           []byte
	Shards          int
	Replicas        int
	AtLeastOnce     bool
}

// Environment variables with secrets, if the configuration names no others.
const (
	idKeyVariable    = "TYG_CLUSTER_KEY"
	passwordVariable = "TYG_NATS_CLUSTER_PASSWORD"
)

// place returns the place of the gateway in the cluster of its configuration.
func (c *Config) place() (Place, error) {
	k := c.Cluster
	p := Place{
		Cluster: cmp.Or(k.Name, c.APIID), Node: k.Node, NATS: c.NATS,
		CredentialsFile: c.path(k.CredentialsFile), Insecure: project.On(k.Insecure),
		Shards: k.Shards, Replicas: k.Replicas, AtLeastOnce: c.atLeastOnce(),
	}
	key, err := c.optionalSecret(idKeyVariable, k.IDKeyEnv, k.IDKeyFile)
	if err != nil {
		return p, fmt.Errorf("cluster: id_key: %w", err)
	}
	p.IDKey = []byte(key)
	if c.Embeds() {
		return p, c.embed(&p)
	}
	if p.Node == "" {
		machine, err := os.Hostname()
		if err != nil {
			return p, fmt.Errorf("name this node: %w; use --node", err)
		}
		p.Node = machine + "/" + c.Addr
	}
	return p, nil
}

// embed sets in p what is different if the gateways are the servers of NATS.
func (c *Config) embed(p *Place) error {
	k := c.Cluster
	nodes := natsnodes.Addresses(k.Nodes)
	node, err := ownNode(k.Node, nodes)
	if err != nil {
		return err
	}
	password, err := c.optionalSecret(passwordVariable, k.PasswordEnv, k.PasswordFile)
	if err != nil {
		return fmt.Errorf("cluster: password: %w", err)
	}
	e := &natsnodes.Cluster{Node: node, Nodes: nodes, Listen: k.Listen, Password: password}
	if k.CertFile != "" {
		e.TLS, err = natsnodes.LoadTLS(c.path(k.CertFile), c.path(k.KeyFile), c.path(k.CAFile))
		if err != nil {
			return fmt.Errorf("cluster: %w", err)
		}
	}
	if err := e.Check(); err != nil {
		return fmt.Errorf("cluster: %w%s", err, howToSecure(e))
	}
	p.NATS, p.Node, p.Embedded = "", node, e
	p.Replicas = cmp.Or(k.Replicas, len(nodes))
	p.Dir = c.path(cmp.Or(k.Dir, filepath.Join(stateDir(), "nats", folderOf(node))))
	return nil
}

// ownNode returns the node that this is: the one with a name, or that of this machine.
func ownNode(name string, nodes []string) (string, error) {
	if name != "" {
		return natsnodes.Addresses([]string{name})[0], nil // natsnodes checks it
	}
	machine, err := os.Hostname()
	if err != nil {
		return "", fmt.Errorf("find the name of this machine: %w; use --node", err)
	}
	if len(nodes) == 1 {
		return nodes[0], nil
	}
	if node := natsnodes.Of(machine, nodes); node != "" {
		return node, nil
	}
	return "", fmt.Errorf("no node of %s has the name of this machine, %s; say which this is with "+
		`--node or "cluster": {"node": "..."}`, strings.Join(nodes, ", "), machine)
}

// howToSecure says what nodes on other machines lack.
func howToSecure(e *natsnodes.Cluster) string {
	switch {
	case e.Password == "":
		return " (" + passwordVariable + ")"
	case e.TLS == nil:
		return " (--cluster-cert, --cluster-cert-key and --cluster-ca)"
	}
	return ""
}

// stateDir returns the folder of what must survive a restart: that of systemd, or .tyg.
// (https://www.freedesktop.org/software/systemd/man/latest/systemd.exec.html#RuntimeDirectory=)
func stateDir() string {
	first, _, _ := strings.Cut(os.Getenv("STATE_DIRECTORY"), ":")
	return cmp.Or(first, ".tyg")
}

// folderOf returns the name of a folder for a node.
func folderOf(node string) string {
	return strings.NewReplacer(":", "-", "[", "", "]", "").Replace(node)
}

// optionalSecret returns the secret of a variable or a file. Without both it is that of another
// variable, which may be unset.
func (c *Config) optionalSecret(standard, variable, file string) (string, error) {
	if variable == "" && file == "" {
		return os.Getenv(standard), nil
	}
	return c.readSecret(variable, file)
}

// atLeastOnce reports whether no disconnect may be lost.
func (c *Config) atLeastOnce() bool { return c.Disconnects == "at-least-once" }
