package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/tyg-dev/tyg/cmd/internal/clustercmd"
	"github.com/tyg-dev/tyg/cmd/internal/selfhost"
	"github.com/tyg-dev/tyg/internal/natsd"
)

// sayEvery is how often the log says that this node waits for others.
const sayEvery = 10 * time.Second

// startServer runs the NATS server of this node, and returns when it can keep data: when most of
// the nodes are there, and all of them at their first start.
func (n *node) startServer(ctx context.Context, p selfhost.Place, log *slog.Logger) error {
	s, err := natsd.Start(natsd.Config{Dir: p.Dir, Cluster: p.Embedded, Sync: true})
	if err != nil {
		return err
	}
	n.server, n.url = s, s.URL()
	log.Info("NATS has started", "node", p.Embedded.Node, "dir", p.Dir)
	if err := n.await(ctx, p, log); err != nil {
		return err
	}
	n.file = filepath.Join(p.Dir, clustercmd.URLFile)
	// Only its user may read it: it has the password of the server.
	if err := os.WriteFile(n.file, []byte(s.URL()+"\n"), 0o600); err != nil {
		return fmt.Errorf("write the address of NATS for tyg cluster: %w", err)
	}
	return nil
}

// await waits until the server can keep data.
func (n *node) await(ctx context.Context, p selfhost.Place, log *slog.Logger) error {
	ready := make(chan error, 1)
	go func() { ready <- n.server.WaitReady(ctx) }() // ends with ctx; await waits for it
	t := time.NewTicker(sayEvery)
	defer t.Stop()
	for {
		select {
		case err := <-ready:
			return err
		case err := <-n.server.Failed():
			return err
		case <-t.C:
			log.Warn("waiting for other nodes: most of them must run and reach each other, and all "+
				"of them at their first start", "node", p.Embedded.Node, "nodes", p.Embedded.Nodes)
		}
	}
}
