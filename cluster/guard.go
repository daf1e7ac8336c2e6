package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/internal/connid"
	"github.com/tyg-dev/tyg/internal/lostconn"
)

// A guard is the Handler of a node with a ledger. It records each connection before its connect
// handler runs, removes the record when its disconnect handler has returned, and lets no handler
// run while the others may take the node for dead.
type guard struct {
	node    *Node
	next    tyg.Handler
	handled tyg.Description // of next
}

var _ tyg.Handler = (*guard)(nil)

func newGuard(n *Node, next tyg.Handler) *guard { return &guard{n, next, tyg.Describe(next)} }

// Describe returns what next says of itself, with connect among its routes.
func (g *guard) Describe() tyg.Description {
	d := g.handled
	if g.records() && !has(d, tyg.RouteConnect) {
		d.Routes = append(slices.Clone(d.Routes), tyg.Route{Key: tyg.RouteConnect})
	}
	return d
}

// Bind binds next.
func (g *guard) Bind(host tyg.Host) { tyg.Bind(g.next, host) }

// Bound returns the host as next reaches it.
func (g *guard) Bound() tyg.Host { return tyg.Bound(g.next, nil) }

func has(d tyg.Description, key string) bool { return slices.Contains(d.Keys(), key) }

// records reports whether the application wants to know of disconnects.
func (g *guard) records() bool { return has(g.handled, tyg.RouteDisconnect) }

// errFenced is what becomes of events while the node may not serve clients.
var errFenced = errors.New("this node has no contact with the registry and serves no client")

// Handle handles an event.
func (g *guard) Handle(ctx context.Context, e tyg.Event) (tyg.Reply, error) {
	serves := g.node.checkFence()
	switch e.Type {
	case tyg.EventConnect:
		if !serves {
			return tyg.Reply{}, tyg.Reject(http.StatusServiceUnavailable, "Service Unavailable")
		}
		return g.connect(ctx, e)
	case tyg.EventDisconnect, tyg.EventLeave:
		if _, here := g.node.owner(e.Conn.ID); !here || !serves {
			return tyg.Reply{}, nil // another node tells of it, or has
		}
		r, err := g.next.Handle(ctx, e)
		if e.Type == tyg.EventDisconnect {
			g.node.forget(e.Conn.ID)
		}
		return r, err
	}
	if !serves || e.Type == tyg.EventMessage && g.node.isStranger(e.Conn.ID) {
		return tyg.Reply{}, errFenced
	}
	ctx, release := g.node.fence.bound(ctx)
	defer release()
	return g.next.Handle(ctx, e)
}

// isStranger reports whether a connection is of an incarnation that this node was before: a message
// may wait behind another one while its connection is closed and the node joins again.
func (n *Node) isStranger(id tyg.ConnID) bool { _, here := n.owner(id); return !here }

func (g *guard) connect(ctx context.Context, e tyg.Event) (r tyg.Reply, err error) {
	accepted := false
	if g.records() {
		if err := g.node.recordConn(ctx, e.Conn); err != nil {
			g.node.cfg.Logger.Error("handshake refused", "conn", e.Conn.ID, "err", err)
			return tyg.Reply{}, tyg.Reject(http.StatusServiceUnavailable, "Service Unavailable")
		}
		defer func() { // also after a panic
			if !accepted || ctx.Err() != nil {
				g.node.forget(e.Conn.ID)
			}
		}()
	}
	if has(g.handled, tyg.RouteConnect) {
		ctx, release := g.node.fence.bound(ctx)
		defer release()
		r, err = g.next.Handle(ctx, e)
	}
	accepted = err == nil && (r.Status == 0 || r.Status >= 200 && r.Status <= 299)
	return r, err
}

func (n *Node) recordConn(ctx context.Context, c *tyg.Conn) error {
	data, err := json.Marshal(lostconn.Of(c))
	if err != nil {
		return err
	}
	return n.record(ctx, c.ID, connKey(c.ID)+"."+string(connRecords), data)
}

// record writes a record, or fails soon: a client waits for it.
func (n *Node) record(ctx context.Context, id tyg.ConnID, key string, data []byte) error {
	ctx, cancel := context.WithTimeout(ctx, n.cfg.Timeout)
	defer cancel()
	return n.ledger.record(ctx, n.incOf(id), key, data)
}

// recordMember records a membership if the application wants to know of its end.
func (n *Node) recordMember(ctx context.Context, group string, m tyg.Member) error {
	if !n.leaves {
		return nil
	}
	data, err := json.Marshal(lostconn.Member{Group: group, Member: m})
	if err != nil {
		return err
	}
	return n.record(ctx, m.ID, memberKey(m.ID, group), data)
}

func (n *Node) forgetMember(group string, id tyg.ConnID) {
	if n.leaves {
		n.ledger.erase(n.incOf(id), memberKey(id, group))
	}
}

// forget removes all records of a connection.
func (n *Node) forget(id tyg.ConnID) { n.ledger.erase(n.incOf(id), connKey(id)+".>") }

// incOf returns the incarnation of this node that has made an id.
func (n *Node) incOf(id tyg.ConnID) connid.Incarnation {
	inc, _ := n.owner(id)
	return inc
}
