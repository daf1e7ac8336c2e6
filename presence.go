package tyg

import (
	"context"
	"crypto/rand"
	"time"
)

// The route keys of [EventJoin] and [EventLeave]. API Gateway has no such routes, so they are not
// among the Routes of a [Description].
const (
	RouteJoin  = "$join"
	RouteLeave = "$leave"
)

// A PresenceFunc learns that a connection has joined a group or left it.
type PresenceFunc func(ctx context.Context, g *Group, m Member) error

// A Membership is a member of a group.
type Membership struct {
	Group  string
	Member Member
}

// OnJoin registers the handler of connections that have joined a group. [Group.Add] calls it, once
// for a connection that was no member, and returns its error. If fn fails, the connection is a
// member nevertheless: call [Group.Remove] to undo that. A second registration panics.
func (a *App) OnJoin(fn PresenceFunc) {
	checkHandler(fn == nil, RouteJoin)
	if a.join != nil {
		panicDuplicate(RouteJoin)
	}
	a.join = fn
}

// OnLeave registers the handler of members that have left a group: once for each membership that
// has ended. Where [Group.Remove] has ended it, Remove calls fn and returns its error. Where the
// connection has ended, in whatever way, the host calls fn before the disconnect handler, and logs
// its error. When fn runs, the member is in the group no more. A second registration panics.
//
// On AWS it depends on the disconnect event, which API Gateway may lose, and on sends to the group,
// which find out who is gone.
func (a *App) OnLeave(fn PresenceFunc) {
	checkHandler(fn == nil, RouteLeave)
	if a.leave != nil {
		panicDuplicate(RouteLeave)
	}
	a.leave = fn
}

// tellPresence handles a join or leave that a method of [Group] has brought about.
func (a *App) tellPresence(ctx context.Context, t EventType, host Host, m Membership) error {
	e := Event{
		Type: t, Route: RouteJoin, RequestID: rand.Text(), Time: time.Now(),
		Conn: &Conn{ID: m.Member.ID, Sender: host}, Membership: &m,
	}
	if t == EventLeave {
		e.Route = RouteLeave
	}
	_, err := a.Handle(ctx, e)
	return err
}

// present calls the handler of a join or leave.
func (a *App) present(ctx context.Context, fn PresenceFunc, m *Membership) error {
	if fn == nil || m == nil {
		return nil
	}
	return fn(ctx, a.Group(m.Group), m.Member)
}
