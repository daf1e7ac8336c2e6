package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"sync"

	"github.com/tyg-dev/tyg/cluster"
	"github.com/tyg-dev/tyg/cmd/internal/selfhost"
	"github.com/tyg-dev/tyg/internal/admin"
	"github.com/tyg-dev/tyg/internal/clustermetrics"
	"github.com/tyg-dev/tyg/internal/natsd"
	"github.com/tyg-dev/tyg/rooms/natskv"
)

// join makes a gateway a node of a cluster. If the gateways embed the servers of NATS, it waits
// until most of them are there.
func join(ctx context.Context, j selfhost.Joining) (selfhost.Member, error) {
	n := &node{url: j.Place.NATS, log: j.Logger}
	err := n.join(ctx, j)
	if err != nil {
		return nil, errors.Join(err, n.Close())
	}
	return n, nil
}

// A node is a selfhost.Member.
type node struct {
	*cluster.Node
	values *natskv.Values
	server *natsd.Server // nil: NATS runs elsewhere
	url    string
	file   string // that has the URL of server; empty: none
	log    *slog.Logger
	once   sync.Once
	err    error
}

func (n *node) join(ctx context.Context, j selfhost.Joining) error {
	p := j.Place
	if p.Embedded != nil {
		if err := n.startServer(ctx, p, j.Logger); err != nil {
			return err
		}
	}
	cfg := cluster.Config{
		URL: n.url, CredentialsFile: p.CredentialsFile, Insecure: p.Insecure,
		Name: p.Cluster, Node: p.Node, Key: p.IDKey, Shards: p.Shards, Replicas: p.Replicas,
		OnDrain: j.Stop, Logger: j.Logger,
	}
	if p.AtLeastOnce {
		cfg.Disconnects = cluster.AtLeastOnce
	}
	var err error
	if n.values, err = openValues(ctx, cfg); err != nil {
		return err
	}
	j.Gateway.Values = n.values
	n.Node, err = cluster.Join(ctx, j.Gateway, cfg)
	return err
}

// openValues opens the values that the functions of all nodes share.
func openValues(ctx context.Context, cfg cluster.Config) (*natskv.Values, error) {
	return natskv.OpenValues(ctx, natskv.Config{
		URL: cfg.URL, CredentialsFile: cfg.CredentialsFile, Insecure: cfg.Insecure,
		Bucket: cfg.Name + "-values", Replicas: cfg.Replicas,
	})
}

// Leave leaves the cluster and disconnects from the values. An embedded server goes on until Close.
func (n *node) Leave(ctx context.Context) error {
	n.once.Do(func() {
		err := n.Node.Leave(ctx)
		if err != nil && n.server != nil { // as when all are stopped: the last has no majority
			n.log.Warn("the other nodes do not know that this one has left", "err", err)
			err = nil
		}
		n.err = errors.Join(err, n.values.Close())
	})
	return n.err
}

// Close ends the server, whose leaderships go to the other nodes.
func (n *node) Close() error {
	if n.server == nil {
		return nil
	}
	_ = os.Remove(n.file) // its server is gone
	return n.server.Shutdown()
}

// NATS returns the URL of the server for programs of this machine.
func (n *node) NATS() string { return n.url }

// Failed returns a channel with the error of an embedded server that cannot go on.
func (n *node) Failed() <-chan error {
	if n.server == nil {
		return nil
	}
	return n.server.Failed()
}

// Metrics returns the counts of the node.
func (n *node) Metrics() []admin.Metric { return clustermetrics.Of(n.Stats()) }
