//go:build !tyg.lambda

package host

import (
	"context"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/cluster"
	"github.com/tyg-dev/tyg/gateway"
	"github.com/tyg-dev/tyg/internal/admin"
	"github.com/tyg-dev/tyg/internal/clustermetrics"
	"github.com/tyg-dev/tyg/rooms/natskv"
)

// Parse is parse.
var Parse = parse

// RunWithNATS is Run outside of Lambda in a program that was built with the tag tyg.nats, whatever
// the tags of the test.
func RunWithNATS(app *tyg.App) error {
	return runWith(app, natsClient{
		func(ctx context.Context, getenv func(string) string) (valueStore, error) {
			return natskv.OpenValues(ctx, natskv.ValuesFromEnvironment(getenv))
		},
		func(getenv func(string) string) (JoinFunc, error) {
			cfg, err := cluster.FromEnvironment(getenv)
			return func(ctx context.Context, srv *gateway.Server, name, _ string) (Member, error) {
				cfg.Name, cfg.Node = getenv("TYG_NATS_BUCKET"), name
				n, err := cluster.Join(ctx, srv, cfg)
				if err != nil {
					return nil, err
				}
				return metricMember{n}, nil
			}, err
		},
	})
}

// A ValueStore is what NewStoredValues opens.
type ValueStore = valueStore

// NewStoredValues returns values that are opened at their first use.
func NewStoredValues(open func(context.Context) (ValueStore, error)) ValueStore {
	return &storedValues{open: open}
}

// A metricMember has the metrics that a program with the tag has.
type metricMember struct{ *cluster.Node }

// Metrics returns the counts of the node.
func (m metricMember) Metrics() []admin.Metric { return clustermetrics.Of(m.Stats()) }
