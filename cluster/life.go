package cluster

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/internal/connid"
)

// beat sends heartbeats, and looks at the fence, which waits for nothing here.
func (n *Node) beat() {
	t := time.NewTicker(n.cfg.Heartbeat)
	defer t.Stop()
	for {
		select {
		case <-t.C:
			n.publishHeartbeat(false)
		case <-n.ctx.Done():
			return
		}
		n.checkFence()
	}
}

func (n *Node) heartbeat() heartbeat {
	conns, _ := n.local.CountGroup(n.ctx, "") // it fails before the gateway has started
	return heartbeat{
		Version: wireVersion, Inc: hex(n.self().inc), Node: n.cfg.Node, State: n.state.Load().(state),
		Sent: time.Now().UnixNano(), Every: int64(n.cfg.Heartbeat), Started: n.started.Unix(),
		Connections: int64(conns), Shards: n.cfg.Shards, Ledger: n.ledger != nil,
		Fenced: n.fence.shut(), Program: n.program,
	}
}

func (n *Node) publishHeartbeat(hello bool) {
	h := n.heartbeat()
	h.Hello = hello
	_ = n.bus.publish(n.subjects.heartbeat(), "", h.encode()) // it fails while NATS is away
}

// announce tells the others that incarnations are dead.
func (n *Node) announce(incs ...connid.Incarnation) {
	h := heartbeat{Version: wireVersion, Observer: true, Sent: time.Now().UnixNano()}
	for _, inc := range incs {
		h.Dead = append(h.Dead, hex(inc))
	}
	_ = n.bus.publish(n.subjects.heartbeat(), "", h.encode()) // they find out without it, later
}

// hear handles a heartbeat.
func (n *Node) hear(m message) {
	h, inc, ok := decodeHeartbeat(m.data)
	if !ok {
		return
	}
	self := n.self() // nil while it joins
	for _, text := range h.Dead {
		if inc, ok := parseHex(text); ok && (self == nil || inc != self.inc) {
			n.buried(inc, entry{Ledger: true})
		}
	}
	if h.Observer {
		if m.reply != "" && self != nil {
			_ = n.bus.publish(m.reply, "", n.heartbeat().encode()) // the observer waits no longer then
		}
		return
	}
	if self == nil || inc == self.inc {
		return
	}
	isNew := n.peers.hear(inc, h)
	if isNew && h.Shards != n.cfg.Shards {
		n.cfg.Logger.Error("a node has another number of shards: it misses messages to groups",
			"node", h.Node, "incarnation", hex(inc), "shards", h.Shards, "here", n.cfg.Shards)
	}
	if h.Hello || isNew {
		n.publishHeartbeat(false)
	}
}

// greetTime is how long a node that joins waits for nodes that the registry has and that do not
// answer.
const greetTime = 300 * time.Millisecond

// greet makes the node known to the others, and the others to it.
func (n *Node) greet(ctx context.Context) error {
	self := n.self().inc
	listed, err := n.registry.list(ctx)
	if err != nil {
		return err
	}
	for inc, e := range listed {
		switch {
		case inc == self:
		case e.State == dead:
			n.buried(inc, e)
		default:
			n.peers.list(inc, e)
		}
	}
	n.publishHeartbeat(true)
	if err := n.bus.flush(ctx); err != nil {
		return err
	}
	for end := time.Now().Add(greetTime); time.Now().Before(end) && n.missing() > 0; {
		if !pause(ctx, time.Millisecond) {
			return ctx.Err()
		}
	}
	return n.replace(ctx, listed)
}

// missing returns how many nodes of the registry were not heard.
func (n *Node) missing() int {
	return len(n.peers.where(func(q *peer) bool { return q.heard.IsZero() }))
}

// replace declares dead the incarnation that had this node's name, unless it answers.
func (n *Node) replace(ctx context.Context, listed map[connid.Incarnation]entry) error {
	if n.cfg.Node == "" {
		return nil
	}
	for inc, e := range listed {
		if e.Node != n.cfg.Node || e.State == dead || inc == n.self().inc {
			continue
		}
		if n.peers.standing(inc) == present || n.ping(ctx, n.subjects.node(hex(inc))) {
			n.cfg.Logger.Error("another node that runs has the same name; give each its own",
				"node", n.cfg.Node, "incarnation", hex(inc))
			continue
		}
		_, rev, err := n.registry.read(ctx, inc)
		if err != nil {
			return err
		}
		if err := n.declare(ctx, inc, rev, "restarted"); err != nil {
			return fmt.Errorf("declare the node of before dead: %w", err)
		}
		n.announce(inc)
	}
	return nil
}

// declare writes that an incarnation is dead, if its entry is still at rev or is this node's own.
func (n *Node) declare(
	ctx context.Context, inc connid.Incarnation, rev uint64, by string,
) error {
	ctx, cancel := context.WithTimeout(ctx, n.cfg.Timeout)
	defer cancel()
	for {
		e, now, err := n.registry.read(ctx, inc)
		if err != nil {
			return err
		}
		own := e.Nonce == n.nonce
		if e.State != dead {
			if now != rev && !own {
				return errConflict
			}
			e.State, e.By = dead, by
			if _, err = n.registry.write(ctx, inc, e, now); err != nil {
				_, err = n.adopt(ctx, inc, e, err)
			}
		}
		if errors.Is(err, errConflict) && own { // a write from before has come in between
			continue
		}
		if err == nil {
			n.buried(inc, e)
		}
		return err
	}
}

// buried notes that an incarnation is dead. In ledger mode its records are swept.
func (n *Node) buried(inc connid.Incarnation, e entry) {
	if !n.peers.bury(inc) {
		return
	}
	n.count.deaths.Add(1)
	if self := n.self(); self != nil && inc == self.inc {
		return
	}
	if n.ledger != nil && e.Ledger && !e.Swept {
		n.sweeps.start(n, inc)
	}
}

// watch declares nodes dead that are silent.
func (n *Node) watch() {
	t := time.NewTicker(n.cfg.Heartbeat)
	defer t.Stop()
	listed := time.Now()
	for {
		select {
		case <-t.C:
		case <-n.ctx.Done():
			return
		}
		for _, inc := range n.peers.suspected(n.cfg.Suspect) {
			n.watchOne(inc)
		}
		if time.Since(listed) > n.cfg.Dead {
			listed = time.Now()
			n.relist()
		}
	}
}

// watchOne declares a node dead that was neither heard for Config.Dead nor has written to the
// registry.
func (n *Node) watchOne(inc connid.Incarnation) {
	ctx, cancel := context.WithTimeout(n.ctx, soon)
	defer cancel()
	e, rev, err := n.registry.read(ctx, inc)
	switch {
	case err != nil:
		// What was silent meanwhile may have been cut off with this node.
		n.peers.forgetRevision(inc)
		return
	case e.State == dead || rev == 0:
		n.buried(inc, e)
		return
	}
	silent := len(n.peers.where(func(q *peer) bool {
		return q.inc == inc && time.Since(later(q.heard, q.since)) > n.cfg.Dead
	})) > 0
	if n.peers.stale(inc, rev) < n.cfg.Dead || !silent {
		return
	}
	// Not all nodes at the same moment.
	if !pause(n.ctx, rand.N(n.cfg.Heartbeat/10+1)) {
		return
	}
	if err := n.declare(ctx, inc, rev, "silent"); err == nil {
		n.cfg.Logger.Warn("node declared dead", "node", e.Node, "incarnation", hex(inc))
		n.announce(inc)
	}
}

// relist reads the whole registry, for nodes that were never heard and sweeps that were not
// finished.
func (n *Node) relist() {
	ctx, cancel := context.WithTimeout(n.ctx, n.cfg.Timeout)
	defer cancel()
	listed, err := n.registry.list(ctx)
	if err != nil {
		return
	}
	self := n.self().inc
	for inc, e := range listed {
		switch {
		case inc == self:
		case e.State != dead:
			n.peers.list(inc, e)
		default:
			n.buried(inc, e)
			if n.ledger != nil && e.Ledger && !e.Swept {
				n.sweeps.start(n, inc)
			}
		}
	}
	n.peers.forget()
}

const (
	closeRestart  tyg.CloseCode = 1012
	reasonRestart               = "Service restart"
)

// closeStrangers closes the connections of incarnations that this node was before.
func (n *Node) closeStrangers() {
	self := n.self().inc
	n.closeClients(func(inc connid.Incarnation) bool { return inc != self })
}

// closeClients closes the connections of some incarnations of this node.
func (n *Node) closeClients(of func(connid.Incarnation) bool) {
	ctx := context.WithoutCancel(n.ctx)
	for m, err := range n.local.GroupMembers(ctx, "") {
		if err != nil {
			return // the gateway has not started
		}
		if inc, ok := n.self().ids.Parse(m.ID); ok && of(inc) {
			_ = n.local.CloseWith(ctx, m.ID, closeRestart, reasonRestart) // it fails if it is over
		}
	}
}
