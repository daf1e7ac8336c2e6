package main

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"sync"

	"github.com/tyg-dev/tyg/cluster"
	"github.com/tyg-dev/tyg/cmd/internal/cli"
	"github.com/tyg-dev/tyg/cmd/internal/selfhost"
	"github.com/tyg-dev/tyg/gateway"
	"github.com/tyg-dev/tyg/internal/admin"
	"github.com/tyg-dev/tyg/rooms/natskv"
)

// join returns what makes a gateway a node of a cluster. Beside the URL, the environment says all
// about it, as for a program that runs itself.
func join(e *cli.Env) selfhost.JoinFunc {
	return func(
		ctx context.Context, srv *gateway.Server, url, name string, stop func(), log *slog.Logger,
	) (selfhost.Member, error) {
		cfg, err := cluster.FromEnvironment(e.Getenv)
		if err != nil {
			return nil, err
		}
		cfg.URL, cfg.OnDrain, cfg.Logger = url, stop, log
		cfg.Name, cfg.Node = cmp.Or(cfg.Name, srv.APIID), cmp.Or(cfg.Node, name)
		values, err := openValues(ctx, cfg)
		if err != nil {
			return nil, err
		}
		srv.Values = values
		n, err := cluster.Join(ctx, srv, cfg)
		if err != nil {
			return nil, errors.Join(err, values.Close())
		}
		return &node{Node: n, values: values}, nil
	}
}

// openValues opens the values that the functions of all nodes share.
func openValues(ctx context.Context, cfg cluster.Config) (*natskv.Values, error) {
	return natskv.OpenValues(ctx, natskv.Config{
		URL: cfg.URL, CredentialsFile: cfg.CredentialsFile, Insecure: cfg.Insecure,
		Bucket: cfg.Name + "-values", Replicas: cfg.Replicas,
	})
}

// A node is a selfhost.Member.
type node struct {
	*cluster.Node
	values *natskv.Values
	once   sync.Once
	err    error
}

// Leave leaves the cluster and disconnects from the values.
func (n *node) Leave(ctx context.Context) error {
	n.once.Do(func() { n.err = errors.Join(n.Node.Leave(ctx), n.values.Close()) })
	return n.err
}

// Metrics returns the counts of the node. docs/clustering.md has their names.
func (n *node) Metrics() []admin.Metric {
	s := n.Stats()
	connected := 0.0
	if s.Connected {
		connected = 1
	}
	list := []admin.Metric{
		{
			Name: "tyg_cluster_connected", Help: "1 while there is a connection to NATS.",
			Number: connected,
		},
		{
			Name: "tyg_cluster_topics", Help: "Subscriptions for groups.", Number: float64(s.Topics),
		},
	}
	for state, count := range s.Nodes {
		list = append(list, admin.Metric{
			Name: "tyg_cluster_nodes", Help: "Nodes, this one included, by state.",
			Label: "state", Value: state, Number: float64(count),
		})
	}
	for result, count := range map[string]int64{
		"delivered": s.Delivered, "gone": s.Gone, "unavailable": s.Unavailable, "unknown": s.Unknown,
	} {
		list = append(list, admin.Metric{
			Name: "tyg_cluster_calls_total", Help: "Calls of other nodes, by result.",
			Label: "result", Value: result, Number: float64(count), Counter: true,
		})
	}
	for fate, count := range map[string]int64{
		"executed": s.Executed, "expired": s.Expired, "late": s.Late, "repeated": s.Repeated,
		"refused": s.Refused,
	} {
		list = append(list, admin.Metric{
			Name: "tyg_cluster_commands_received_total", Help: "Commands of other nodes, by what became " +
				"of them.", Label: "fate", Value: fate, Number: float64(count), Counter: true,
		})
	}
	for _, m := range []struct {
		name, help string
		count      int64
	}{
		{"commands_sent_total", "Commands published to other nodes, retries included.", s.Commands},
		{"broadcasts_total", "Messages to groups that were published.", s.Broadcasts},
		{"relayed_total", "Calls that another node has passed on.", s.Relayed},
		{"deaths_total", "Incarnations of nodes that became known to be dead.", s.Deaths},
		{"swept_total", "Disconnect and leave handlers called for dead nodes.", s.Swept},
		{"sweep_errors_total", "Those that failed.", s.SweepErrors},
	} {
		list = append(list, admin.Metric{
			Name: "tyg_cluster_" + m.name, Help: m.help, Number: float64(m.count), Counter: true,
		})
	}
	return list
}
