package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/tyg-dev/tyg/internal/natsd"
	"github.com/tyg-dev/tyg/internal/natsnodes"
)

// passwordVariable has the credential of the nodes of a cluster. It has no flag, because every user
// of a machine sees the command lines of all programs.
const passwordVariable = "TYG_NATS_CLUSTER_PASSWORD"

const usage = `tyg-nats runs a NATS server on 127.0.0.1 for the program that starts it: it prints
the URL, which contains a password, and runs until its standard input ends.

  -dir DIR          keep the data in DIR (a temporary folder)
  -sync             write each change to the disk before it is acknowledged
  -cluster NODES    be one of these nodes, such as node1:6222,node2:6222,node3:6222
  -node ADDRESS     which of them (the one with the name of this machine)
  -listen ADDRESS   listen for the other nodes here (at the address of the node)
  -cert, -key FILE  certificate for the other nodes, PEM
  -ca FILE          the authority that has signed the certificates of all nodes, PEM

Nodes on other machines need a certificate, and the same TYG_NATS_CLUSTER_PASSWORD at each.
`

// options are the command line.
type options struct {
	dir, nodes, node, listen string
	cert, key, ca            string
	sync                     bool
}

// parse returns the configuration that the command line and the environment say.
func parse(args []string, getenv func(string) string) (cfg natsd.Config, err error) {
	var o options
	fs := flag.NewFlagSet("tyg-nats", flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	fs.StringVar(&o.dir, "dir", "", "")
	fs.StringVar(&o.nodes, "cluster", "", "")
	fs.StringVar(&o.node, "node", "", "")
	fs.StringVar(&o.listen, "listen", "", "")
	fs.StringVar(&o.cert, "cert", "", "")
	fs.StringVar(&o.key, "key", "", "")
	fs.StringVar(&o.ca, "ca", "", "")
	fs.BoolVar(&o.sync, "sync", false, "")
	if err := fs.Parse(args); err != nil {
		return cfg, err
	}
	if fs.NArg() > 0 {
		return cfg, fmt.Errorf("unexpected argument %q", fs.Arg(0))
	}
	cfg.Dir, cfg.Sync = o.dir, o.sync
	if o.nodes == "" {
		if o.node != "" || o.listen != "" || o.cert != "" || o.key != "" || o.ca != "" {
			return cfg, errors.New("-node, -listen, -cert, -key and -ca are for a cluster: " +
				"name its nodes with -cluster")
		}
		return cfg, nil
	}
	cfg.Cluster, err = o.cluster(getenv)
	return cfg, err
}

// cluster returns what the flags say about the cluster.
func (o *options) cluster(getenv func(string) string) (*natsd.Cluster, error) {
	c := &natsd.Cluster{Node: o.node, Listen: o.listen, Password: getenv(passwordVariable)}
	c.Nodes = natsnodes.Addresses(strings.Split(o.nodes, ","))
	if c.Node == "" {
		name, err := os.Hostname()
		if err != nil {
			return nil, fmt.Errorf("find the name of this machine: %w; use -node", err)
		}
		if c.Node = natsnodes.Of(name, c.Nodes); c.Node == "" {
			return nil, fmt.Errorf("no node of %s has the name of this machine, %s: say which with -node",
				o.nodes, name)
		}
	}
	if o.cert == "" && o.key == "" && o.ca == "" {
		return c, nil
	}
	if o.cert == "" || o.key == "" || o.ca == "" {
		return nil, errors.New("TLS between nodes needs -cert, -key and -ca")
	}
	var err error
	c.TLS, err = natsnodes.LoadTLS(o.cert, o.key, o.ca)
	return c, err
}
