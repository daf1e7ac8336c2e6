package selfhost

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/tyg-dev/tyg/cmd/internal/project"
	"github.com/tyg-dev/tyg/gateway"
	"github.com/tyg-dev/tyg/internal/admin"
)

// A Member is the place of the gateway in a cluster.
type Member interface {
	Drain()                          // says that this gateway is about to leave
	Leave(ctx context.Context) error // when the gateway has shut down; a second call does nothing
	Ready() error                    // why clients must not connect; nil: they may
	Metrics() []admin.Metric
}

// A JoinFunc makes a gateway, which has not started, the node of a cluster at a NATS server. The
// name is that of this machine and its address. stop ends this process in order.
type JoinFunc func(
	ctx context.Context, srv *gateway.Server, url, name string, stop func(), log *slog.Logger,
) (Member, error)

// WithJoin returns c for a program that joins clusters.
func (c Config) WithJoin(join JoinFunc) Config {
	c.join = join
	return c
}

// Joins reports whether gateways with this configuration are one: the key "nats" has a URL.
func (c Config) Joins() bool { return c.NATS != "" && c.NATS != project.EmbeddedNATS }

// join joins the cluster, if the configuration has one.
func (g *Gateway) join(ctx context.Context) error {
	if !g.cfg.Joins() || g.cfg.join == nil {
		return nil
	}
	machine, err := os.Hostname()
	if err != nil {
		return fmt.Errorf("name this node: %w", err)
	}
	m, err := g.cfg.join(ctx, g.gateway, g.cfg.NATS, machine+"/"+g.cfg.Addr, g.stop, g.log)
	if err != nil {
		return err
	}
	g.member = m
	g.closers = append(g.closers, leaving{m, span(g.cfg.Drain)})
	return nil
}

// leaving is a Member that Close has leave, if it has not left.
type leaving struct {
	Member
	limit time.Duration
}

// Close leaves the cluster.
func (l leaving) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), l.limit)
	defer cancel()
	return l.Leave(ctx)
}

// leave leaves the cluster, if the gateway is in one.
func (g *Gateway) leave(ctx context.Context) error {
	if g.member == nil {
		return nil
	}
	return g.member.Leave(ctx)
}

// ready returns why clients must not connect, or nil.
func (g *Gateway) ready() error {
	if g.member == nil {
		return nil
	}
	return g.member.Ready()
}

func (g *Gateway) clusterMetrics() []admin.Metric {
	if g.member == nil {
		return nil
	}
	return g.member.Metrics()
}
