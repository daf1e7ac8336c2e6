package cluster

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/tyg-dev/tyg/internal/connid"
)

// observeTime is how long an observer waits for the nodes: several times what a busy one takes.
const observeTime = time.Second

// Status asks the nodes of a cluster what they are. A node that the registry has and that does not
// answer is suspect. Of cfg it uses what is about NATS, and Name.
func Status(ctx context.Context, cfg Config) ([]NodeInfo, error) {
	cfg, nc, err := cfg.observe()
	if err != nil {
		return nil, fmt.Errorf("status of cluster %s: %w", cfg.Name, err)
	}
	defer cfg.release(nc)
	list, err := status(ctx, cfg, nc)
	if err != nil {
		return nil, fmt.Errorf("status of cluster %s: %w", cfg.Name, err)
	}
	return list, nil
}

func (c Config) observe() (Config, *nats.Conn, error) {
	c = c.withDefaults()
	if err := c.check(); err != nil {
		return c, nil, err
	}
	nc, err := c.connect("observer")
	return c, nc, err
}

func (c Config) release(nc *nats.Conn) {
	if c.Conn == nil {
		nc.Close()
	}
}

func status(ctx context.Context, cfg Config, nc *nats.Conn) ([]NodeInfo, error) {
	listed, err := listRegistry(ctx, cfg, nc)
	if err != nil {
		return nil, err
	}
	answers, err := heartbeats(ctx, cfg, nc, listed)
	if err != nil {
		return nil, err
	}
	var list []NodeInfo
	for inc, h := range answers {
		list = append(list, h.info(inc, time.Now(), false))
	}
	for inc, e := range listed {
		if _, ok := answers[inc]; !ok && e.State != dead {
			n := heartbeat{Node: e.Node, Started: e.Started, Ledger: e.Ledger}.info(inc, time.Time{}, true)
			n.Lag = time.Since(time.Unix(e.Renewed, 0)).Round(time.Second)
			list = append(list, n)
		}
	}
	slices.SortFunc(list, func(a, b NodeInfo) int {
		return cmp.Or(cmp.Compare(a.Node, b.Node), cmp.Compare(a.Incarnation, b.Incarnation))
	})
	return list, nil
}

// listRegistry returns the registry, or nothing where there is none.
func listRegistry(
	ctx context.Context, cfg Config, nc *nats.Conn,
) (map[connid.Incarnation]entry, error) {
	js, err := jetstream.New(nc)
	if err != nil {
		return nil, err
	}
	stream, err := js.Stream(ctx, "KV_"+cfg.Name+"-nodes")
	if errors.Is(err, jetstream.ErrStreamNotFound) || withoutJetStream(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the registry: %w", err)
	}
	return (&kvRegistry{js, stream, cfg.Name + "-nodes"}).list(ctx)
}

// heartbeats asks for heartbeats and returns those that come in time, and at once when all that the
// registry has have answered.
func heartbeats(
	ctx context.Context, cfg Config, nc *nats.Conn, listed map[connid.Incarnation]entry,
) (map[connid.Incarnation]heartbeat, error) {
	inbox := nc.NewInbox()
	sub, err := nc.SubscribeSync(inbox)
	if err != nil {
		return nil, err
	}
	defer func() { _ = sub.Unsubscribe() }() // it fails if the connection is closed
	ask := heartbeat{Version: wireVersion, Observer: true, Sent: time.Now().UnixNano()}
	err = nc.PublishRequest(subjects{cfg.Name}.heartbeat(), inbox, ask.encode())
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, observeTime)
	defer cancel()
	answers := make(map[connid.Incarnation]heartbeat)
	for len(listed) == 0 || !answered(listed, answers) {
		m, err := sub.NextMsgWithContext(ctx)
		if err != nil {
			break // time is up, or there is no node
		}
		if h, inc, ok := decodeHeartbeat(m.Data); ok && !h.Observer {
			answers[inc] = h
		}
	}
	return answers, nil
}

func answered(
	listed map[connid.Incarnation]entry, answers map[connid.Incarnation]heartbeat,
) bool {
	for inc, e := range listed {
		if _, ok := answers[inc]; !ok && e.State != dead {
			return false
		}
	}
	return true
}

// Drain asks a node, by its name or its incarnation, to drain and to leave: it calls its
// [Config].OnDrain. Of cfg it uses what is about NATS, and Name.
func Drain(ctx context.Context, cfg Config, node string) error {
	cfg, nc, err := cfg.observe()
	if err != nil {
		return fmt.Errorf("drain node of cluster %s: %w", cfg.Name, err)
	}
	defer cfg.release(nc)
	list, err := status(ctx, cfg, nc)
	if err != nil {
		return fmt.Errorf("drain node of cluster %s: %w", cfg.Name, err)
	}
	var names []string
	for _, n := range list {
		if n.Node == node || n.Incarnation == node {
			return drain(ctx, cfg, nc, n)
		}
		names = append(names, cmp.Or(n.Node, n.Incarnation))
	}
	if len(names) == 0 {
		return fmt.Errorf("cluster %s has no node that answers", cfg.Name)
	}
	return fmt.Errorf("cluster %s has no node %q; it has %s",
		cfg.Name, node, strings.Join(names, ", "))
}

func drain(ctx context.Context, cfg Config, nc *nats.Conn, n NodeInfo) error {
	ctx, cancel := context.WithTimeout(ctx, cfg.Timeout)
	defer cancel()
	c := command{op: opDrain}
	m, err := nc.RequestWithContext(ctx, subjects{cfg.Name}.node(n.Incarnation), c.encode())
	if err == nil {
		var r reply
		if r, err = decodeReply(m.Data); err == nil {
			err = r.err()
		}
	}
	if err != nil {
		return fmt.Errorf("drain node %s: %w", cmp.Or(n.Node, n.Incarnation), err)
	}
	return nil
}
