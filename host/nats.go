//go:build tyg.nats && !tyg.lambda && !tyg.local

package host

import (
	"cmp"
	"context"
	"sync"

	"github.com/tyg-dev/tyg/cluster"
	"github.com/tyg-dev/tyg/gateway"
	"github.com/tyg-dev/tyg/internal/admin"
	"github.com/tyg-dev/tyg/internal/clustermetrics"
	"github.com/tyg-dev/tyg/rooms/natskv"
)

func onNATS() natsClient { return natsClient{openValues, joinCluster} }

func openValues(ctx context.Context, getenv func(string) string) (valueStore, error) {
	return natskv.OpenValues(ctx, natskv.ValuesFromEnvironment(getenv))
}

// joinCluster returns the JoinFunc of the cluster that the environment names. Without a name it is
// that of the program, as for the buckets.
func joinCluster(getenv func(string) string) (JoinFunc, error) {
	cfg, err := cluster.FromEnvironment(getenv)
	if err != nil {
		return nil, err
	}
	if cfg.Name == "" {
		cfg.Name = natskv.FromEnvironment(getenv).Bucket
	}
	return func(
		ctx context.Context, srv *gateway.Server, name, disconnects string,
	) (Member, error) {
		cfg := cfg
		cfg.Node, cfg.Logger = cmp.Or(cfg.Node, name), srv.Logger
		asked := make(chan struct{})
		cfg.OnDrain = sync.OnceFunc(func() { close(asked) })
		if err := cfg.Disconnects.UnmarshalText([]byte(disconnects)); err != nil {
			return nil, err
		}
		n, err := cluster.Join(ctx, srv, cfg)
		if err != nil {
			return nil, err
		}
		return nodeMember{n, asked}, nil
	}, nil
}

// A nodeMember is a node with metrics, which another program can ask to drain.
type nodeMember struct {
	*cluster.Node
	asked chan struct{}
}

// Asked returns a channel that is closed when the node is to drain.
func (m nodeMember) Asked() <-chan struct{} { return m.asked }

// Metrics returns the counts of the node.
func (m nodeMember) Metrics() []admin.Metric { return clustermetrics.Of(m.Stats()) }
