package selfhost

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/tyg-dev/tyg/cmd/internal/project"
	"github.com/tyg-dev/tyg/gateway"
	"github.com/tyg-dev/tyg/internal/admin"
)

// A Member is the place of the gateway in a cluster.
type Member interface {
	Drain()                          // says that this gateway is about to leave
	Leave(ctx context.Context) error // when the gateway has shut down; a second call does nothing
	Close() error                    // when its functions have ended, too
	Ready() error                    // why clients must not connect; nil: they may
	Metrics() []admin.Metric

	// NATS returns the URL of the server, for functions of this machine.
	NATS() string

	// Failed returns a channel with the error after which the gateway cannot go on.
	Failed() <-chan error
}

// A Joining is a gateway, which has not started, that is to be the node of a cluster.
type Joining struct {
	Gateway *gateway.Server
	Place   Place
	Stop    func() // ends this process in order
	Logger  *slog.Logger
}

// A JoinFunc makes a gateway the node of a cluster.
type JoinFunc func(ctx context.Context, j Joining) (Member, error)

// WithJoin returns c for a program that joins clusters.
func (c Config) WithJoin(join JoinFunc) Config {
	c.join = join
	return c
}

// Joins reports whether gateways with this configuration are one: the key "nats" has a URL, or they
// embed the servers of a fixed cluster.
func (c Config) Joins() bool {
	return c.NATS != "" && (c.NATS != project.EmbeddedNATS || c.Embeds())
}

// join joins the cluster, if the configuration has one.
func (g *Gateway) join(ctx context.Context) error {
	if !g.cfg.Joins() || g.cfg.join == nil {
		return nil
	}
	place, err := g.cfg.place()
	if err != nil {
		return err
	}
	m, err := g.cfg.join(ctx, Joining{
		Gateway: g.gateway, Place: place, Stop: g.stop, Logger: g.log,
	})
	if err != nil {
		return err
	}
	g.member.Store(&m)
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
	return errors.Join(l.Leave(ctx), l.Member.Close())
}

// node returns the place of the gateway in a cluster, nil if it is in none.
func (g *Gateway) node() Member {
	if m := g.member.Load(); m != nil {
		return *m
	}
	return nil
}

// leave leaves the cluster, if the gateway is in one.
func (g *Gateway) leave(ctx context.Context) error {
	if m := g.node(); m != nil {
		return m.Leave(ctx)
	}
	return nil
}

// ready returns why clients must not connect, or nil.
func (g *Gateway) ready() error {
	if m := g.node(); m != nil {
		return m.Ready()
	}
	if g.file != nil {
		return g.file.Err()
	}
	return nil
}

// nodeFailed returns the channel of [Member.Failed], nil if the gateway is in no cluster.
func (g *Gateway) nodeFailed() <-chan error {
	if m := g.node(); m != nil {
		return m.Failed()
	}
	return nil
}
