//go:build !tyg.lambda

package host

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"time"

	"github.com/tyg-dev/tyg/gateway"
	"github.com/tyg-dev/tyg/internal/admin"
	"github.com/tyg-dev/tyg/internal/ledgerfile"
)

// A Member is the place of a gateway in a cluster. The Node of package cluster is one.
type Member interface {
	// Drain says to the other members that this one is about to leave.
	Drain()

	// Leave leaves the cluster, when the gateway has shut down.
	Leave(ctx context.Context) error
}

// A JoinFunc makes a gateway, which has not started, a member of a cluster. The name is that of
// this machine and the address that the gateway listens on: no other process has it at the same
// time.
type JoinFunc func(
	ctx context.Context, srv *gateway.Server, name, disconnects string,
) (Member, error)

// A natsClient is what a program does with a NATS server.
type natsClient struct {
	open opener
	join func(getenv func(string) string) (JoinFunc, error)
}

// join joins the cluster of cfg. Without one, it opens the file of disconnects, if there is to be
// one.
func join(ctx context.Context, srv *gateway.Server, l net.Listener, cfg Config) (Member, error) {
	if cfg.Join == nil {
		return openFile(srv, cfg)
	}
	machine, err := os.Hostname()
	if err != nil {
		return nil, fmt.Errorf("name this node: %w", err)
	}
	return cfg.Join(ctx, srv, machine+"/"+l.Addr().String(), cfg.Disconnects)
}

// asked returns a channel that is closed when a member is to drain, nil if it never is.
func asked(m Member) <-chan struct{} {
	if m, ok := m.(interface{ Asked() <-chan struct{} }); ok {
		return m.Asked()
	}
	return nil
}

func leave(m Member, d time.Duration) error {
	if m == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), d)
	defer cancel()
	return m.Leave(ctx)
}

// A fileMember is the Member of a process without a cluster that loses no disconnects.
type fileMember struct{ *ledgerfile.File }

// openFile opens the file of disconnects, if cfg asks for one.
func openFile(srv *gateway.Server, cfg Config) (Member, error) {
	if cfg.Disconnects != atLeastOnce {
		return nil, nil
	}
	f, err := ledgerfile.Open(cfg.DisconnectsFile, cfg.Logger)
	if errors.Is(err, ledgerfile.ErrInUse) {
		return nil, fmt.Errorf("%w with -disconnects-file or TYG_DISCONNECTS_FILE", err)
	}
	if err != nil {
		return nil, err
	}
	f.Guard(srv)
	return &fileMember{f}, nil
}

// begin runs the disconnect handlers of a process before, which was killed.
func (m *fileMember) begin(ctx context.Context, srv *gateway.Server) { m.Begin(ctx, srv) }

// Ready returns why clients must not connect: the file cannot be written.
func (m *fileMember) Ready() error { return m.Err() }

// Metrics returns the figures of the file.
func (m *fileMember) Metrics() []admin.Metric { return admin.OfFile(m.Stats()) }

// Drain does nothing: there is no other process to tell.
func (m *fileMember) Drain() {}

// Leave closes the file.
func (m *fileMember) Leave(context.Context) error { return m.Close() }
