package cluster

import (
	"time"

	"github.com/tyg-dev/tyg"
)

// Handler returns the handler that n was made with.
func (n *Node) Handler() tyg.Handler { return n.handler }

// Age makes all that n knows of another node older by d: when it was heard, and when it wrote.
func (n *Node) Age(other *Node, d time.Duration) {
	n.peers.mu.Lock()
	defer n.peers.mu.Unlock()
	q := n.peers.alive[other.self().inc]
	if q == nil {
		return
	}
	q.since = q.since.Add(-d)
	if !q.heard.IsZero() {
		q.heard = q.heard.Add(-d)
	}
	if !q.revAt.IsZero() {
		q.revAt = q.revAt.Add(-d)
	}
}

// Buried reports whether n knows that another node is dead.
func (n *Node) Buried(other *Node) bool { return n.peers.standing(other.self().inc) == gone }
