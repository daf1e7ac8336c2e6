package cluster

import (
	"context"
	"errors"
	"time"
)

// renew writes to the registry that this node is alive, and learns whether the others think so.
func (n *Node) renew() {
	for wait := n.cfg.Renew; pause(n.ctx, wait); {
		began := time.Now()
		n.renewOnce()
		// A node that was away finds out soon what the others think of it.
		if wait = n.cfg.Renew; !n.fence.contactSince(began) && n.registry != (noRegistry{}) {
			wait = min(wait, n.cfg.Heartbeat)
		}
	}
}

func (n *Node) renewOnce() {
	n.turn.Lock()
	defer n.turn.Unlock()
	if n.leaving {
		return
	}
	self, began := n.self(), time.Now()
	if n.unanswered.IsZero() {
		n.unanswered = began
	}
	// What a node that was frozen writes first may be lost with the connection of before.
	patience := min(soon, n.cfg.Renew)
	try, stop := context.WithTimeout(n.ctx, patience)
	rev, err := n.registry.write(try, self.inc, n.entry(), self.rev)
	stop()
	ctx, cancel := context.WithTimeout(n.ctx, max(n.cfg.Renew, patience))
	defer cancel()
	if err != nil && !errors.Is(err, errNoRegistry) {
		began = n.unanswered
		rev, err = n.reread(ctx, self, err)
	}
	switch {
	case errors.Is(err, errBuried):
		n.rebirth(ctx)
	case err != nil: // JetStream is away
	case n.fence.shut():
		n.rebirth(ctx)
	default:
		self.rev, n.unanswered = rev, time.Time{}
		n.fence.confirm(began)
		if time.Since(n.reborn) < strangerTime {
			n.closeStrangers()
		}
	}
}

// strangerTime is for how long after a rebirth a handshake may still end that began before.
const strangerTime = 2 * time.Minute

// errBuried means that the others have declared this node dead.
var errBuried = errors.New("declared dead")

// reread returns the revision of this node's entry if one of the writes has taken effect that were
// not answered. Otherwise it returns err, with which the last one failed.
func (n *Node) reread(ctx context.Context, self *identity, err error) (uint64, error) {
	e, rev, readErr := n.registry.read(ctx, self.inc)
	switch {
	case readErr != nil:
		return 0, err
	case rev == 0 || e.State == dead || e.Nonce != n.nonce:
		return 0, errBuried
	case rev > self.rev:
		return rev, nil
	}
	// A read may be answered by a leader that is one no more: only a write is contact.
	self.rev = rev
	return 0, err
}

// rebirth gives the node a new incarnation, because the one that it has was declared dead or may
// have been. Clients of the old one are closed: their ids are gone. n.turn is held.
func (n *Node) rebirth(ctx context.Context) {
	old := n.self()
	n.cfg.Logger.Warn("this node was away for too long: it closes its clients and joins again",
		"node", n.cfg.Node, "incarnation", hex(old.inc))
	err := n.declare(ctx, old.inc, old.rev, "restarted")
	if err == nil {
		start := time.Now()
		if err = n.takeIdentity(ctx); err == nil {
			n.fence.confirm(start)
			n.unanswered = time.Time{}
		}
	}
	if err != nil {
		n.cfg.Logger.Warn("joining again failed; it is tried again", "err", err)
		return
	}
	n.announce(old.inc)
	n.publishHeartbeat(true)
	n.reborn = time.Now()
	n.closeStrangers()
	old.unsubscribe()
	if n.ledger != nil {
		n.sweeps.start(n, old.inc)
	}
}
