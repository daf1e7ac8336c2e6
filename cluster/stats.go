package cluster

import (
	"errors"
	"sync/atomic"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/gateway"
)

// Stats counts what a Node has done since it joined.
type Stats struct {
	Nodes       map[string]int // by state: alive, suspect, draining, fenced; this one included
	Connected   bool           // to NATS
	Commands    int64          // sent to other nodes, retries included
	Broadcasts  int64          // messages to groups that were published
	Delivered   int64          // commands that were answered
	Gone        int64          // commands whose node is dead
	Unavailable int64          // commands that reached no node
	Unknown     int64          // commands that were not answered in time
	Relayed     int64          // commands that another node has passed on
	Executed    int64          // commands of other nodes
	Expired     int64          // commands that came after their deadline
	Late        int64          // commands that came after later ones
	Repeated    int64          // commands that came twice
	Refused     int64          // commands that this node does not understand
	Deaths      int64          // incarnations that are known to be dead
	Topics      int64          // subscriptions for groups
	Swept       int64          // disconnect and leave handlers called for dead nodes
	SweepErrors int64          // those that failed

	// Of the connection to NATS, since it was made.
	BusIn, BusOut Flow
	Reconnects    int64
	Inbox         int           // messages that wait for this node to read them
	Contact       time.Duration // since a write to the registry; negative: there is none
}

// A Flow counts messages of NATS in one direction.
type Flow struct{ Messages, Bytes int64 }

// counters are the counts behind Stats.
type counters struct {
	commands, broadcasts, delivered, gone, unavailable, unknown, relayed   atomic.Int64
	executed, expired, late, repeated, refused, deaths, swept, sweepErrors atomic.Int64
}

// outcome counts how a call ended.
func (c *counters) outcome(err error) {
	switch {
	case err == nil:
		c.delivered.Add(1)
	case errors.Is(err, tyg.ErrGone):
		c.gone.Add(1)
	case errors.Is(err, tyg.ErrOutcomeUnknown):
		c.unknown.Add(1)
	default:
		c.unavailable.Add(1)
	}
}

// Gateway returns the gateway of the node, for what wraps a Host: its figures are those of clients.
// It is nil in tests without one.
func (n *Node) Gateway() *gateway.Server {
	l := n.local
	if fenced, ok := l.(fencedLocal); ok {
		l = fenced.local
	}
	srv, _ := l.(*gateway.Server)
	return srv
}

// Stats returns the current counts. They are not read at one moment.
func (n *Node) Stats() Stats {
	c := &n.count
	s := Stats{
		Nodes: make(map[string]int), Connected: n.bus.up(),
		Commands: c.commands.Load(), Broadcasts: c.broadcasts.Load(), Delivered: c.delivered.Load(),
		Gone: c.gone.Load(), Unavailable: c.unavailable.Load(), Unknown: c.unknown.Load(),
		Relayed: c.relayed.Load(), Executed: c.executed.Load(), Expired: c.expired.Load(),
		Late: c.late.Load(), Repeated: c.repeated.Load(), Refused: c.refused.Load(),
		Deaths: c.deaths.Load(), Topics: int64(n.interest.count()), Swept: c.swept.Load(),
		SweepErrors: c.sweepErrors.Load(),
	}
	t := n.bus.traffic()
	s.BusIn, s.BusOut, s.Reconnects, s.Inbox = t.in, t.out, t.reconnects, t.waiting
	s.Contact = -time.Second
	if at := n.fence.contact.Load(); at != nil && n.registry != (noRegistry{}) {
		s.Contact = time.Since(*at)
	}
	for _, node := range n.Nodes() {
		s.Nodes[node.State]++
	}
	return s
}
