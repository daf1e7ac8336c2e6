package lambda

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"sync"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/apigw"
)

// tableGroups are the groups and values of a function in a table.
type tableGroups struct {
	host      *Host
	table     GroupTable
	registers bool // each connection
	leaves    bool // the Handler asks for EventLeave
	own       int  // how many members one invocation sends to; see shard.go
	shard     int

	mu    sync.Mutex
	conns map[tyg.ConnID]*activeConn // that have an event in this process
}

var _ shared = (*tableGroups)(nil)

func newTableGroups(h *Host, cfg Config) *tableGroups {
	return &tableGroups{
		host: h, table: cfg.Groups, registers: cfg.Everyone, leaves: tyg.Describe(h.handler).Leave,
		own: ownMembers, shard: shardMembers, conns: make(map[tyg.ConnID]*activeConn),
	}
}

// errNotRegistered is for a program whose use of Everyone was not found when it was deployed.
var errNotRegistered = fmt.Errorf("connections are not registered for App.Everyone: "+
	"set the environment variable TYG_EVERYONE to 1, or deploy again with tyg deploy: %w",
	errors.ErrUnsupported)

// AddToGroup implements tyg.Groups.
func (g *tableGroups) AddToGroup(
	ctx context.Context, group string, id tyg.ConnID, info json.RawMessage,
) (tyg.Member, bool, error) {
	if err := g.checkAlive(ctx, opAdd, id); err != nil {
		return tyg.Member{}, false, err
	}
	g.touch(id)
	m, added, err := g.table.Add(ctx, group, id, info)
	return m, added, connError(opAdd, id, err)
}

// RemoveFromGroup implements tyg.Groups.
func (g *tableGroups) RemoveFromGroup(
	ctx context.Context, group string, id tyg.ConnID,
) (tyg.Member, bool, error) {
	if !apigw.ValidID(id) {
		return tyg.Member{}, false, connError(opRemove, id, tyg.ErrInvalidID)
	}
	m, removed, err := g.table.Remove(ctx, group, id)
	return m, removed, connError(opRemove, id, err)
}

// GroupMembers implements tyg.Groups.
func (g *tableGroups) GroupMembers(
	ctx context.Context, group string,
) iter.Seq2[tyg.Member, error] {
	return func(yield func(tyg.Member, error) bool) {
		if err := g.checkGroup(group); err != nil {
			yield(tyg.Member{}, err)
			return
		}
		for part := range g.table.Parts() {
			for m, err := range g.part(ctx, group, part) {
				if !yield(m, err) || err != nil {
					return
				}
			}
		}
	}
}

// part walks the members of one part of a group.
func (g *tableGroups) part(
	ctx context.Context, group string, part int,
) iter.Seq2[tyg.Member, error] {
	return func(yield func(tyg.Member, error) bool) {
		for after := ""; ; {
			page, next, err := g.table.Members(ctx, group, part, after)
			if err != nil {
				yield(tyg.Member{}, fmt.Errorf("read members: %w", err))
				return
			}
			for _, m := range page {
				if !yield(m, nil) {
					return
				}
			}
			if after = next; next == "" {
				return
			}
		}
	}
}

// CountGroup implements tyg.Groups.
func (g *tableGroups) CountGroup(ctx context.Context, group string) (int, error) {
	if err := g.checkGroup(group); err != nil {
		return 0, err
	}
	return g.table.Count(ctx, group)
}

func (g *tableGroups) checkGroup(group string) error {
	if group == "" && !g.registers {
		return errNotRegistered
	}
	return nil
}

// LoadValue implements tyg.Values.
func (g *tableGroups) LoadValue(
	ctx context.Context, k tyg.ValueKey,
) ([]byte, tyg.Revision, error) {
	if k.Conn == "" {
		return g.table.LoadValue(ctx, k.Name)
	}
	if !apigw.ValidID(k.Conn) {
		return nil, 0, connError(opLoad, k.Conn, tyg.ErrInvalidID)
	}
	c, err := g.table.Conn(ctx, k.Conn)
	active, ending := g.active(k.Conn)
	switch {
	case err != nil:
	case c.Over && !ending:
		err = tyg.ErrGone
	case !c.Known && !active:
		err = g.ask(ctx, k.Conn)
	}
	if err != nil {
		return nil, 0, connError(opLoad, k.Conn, err)
	}
	return c.State, c.Revision, nil
}

// StoreValue implements tyg.Values.
func (g *tableGroups) StoreValue(
	ctx context.Context, k tyg.ValueKey, data []byte, rev tyg.Revision,
) (tyg.Revision, error) {
	if k.Conn == "" {
		return g.table.StoreValue(ctx, k.Name, data, rev)
	}
	if err := g.checkAlive(ctx, opStore, k.Conn); err != nil {
		return 0, err
	}
	ending := g.touch(k.Conn)
	rev, err := g.table.StoreState(ctx, k.Conn, data, rev, ending)
	return rev, connError(opStore, k.Conn, err)
}

// checkAlive returns an error for what is no connection that the table may keep something of. A
// connection with an event in this process is one; so is one that the table or API Gateway knows.
func (g *tableGroups) checkAlive(ctx context.Context, op string, id tyg.ConnID) error {
	if !apigw.ValidID(id) {
		return connError(op, id, tyg.ErrInvalidID)
	}
	if active, _ := g.active(id); active {
		return nil
	}
	c, err := g.table.Conn(ctx, id)
	switch {
	case err != nil:
	case c.Over:
		err = tyg.ErrGone
	case !c.Known:
		err = g.ask(ctx, id)
	}
	return connError(op, id, err)
}

// ask returns tyg.ErrGone for a connection that API Gateway does not know.
func (g *tableGroups) ask(ctx context.Context, id tyg.ConnID) error {
	_, err := g.host.senders.outside().Info(ctx, id)
	if e, ok := errors.AsType[*tyg.ConnError](err); ok {
		return e.Err
	}
	return err
}

// leave ends the memberships of a connection that is over, at least that of group, and tells the
// Handler of each. It logs what fails: the table forgets it after some hours.
//
// A process that dies between the end of a membership and the call of the Handler takes the event
// with it; the memberships that are left end when leave is called again.
func (g *tableGroups) leave(ctx context.Context, c *tyg.Conn, group string) TableConn {
	is, groups, err := g.table.Leave(ctx, c.ID)
	if err != nil {
		g.host.log.ErrorContext(ctx, "groups of a connection not left", "conn", c.ID, "err", err)
	}
	if !slices.Contains(groups, group) && (group != "" || g.registers) {
		groups = append(groups, group)
	}
	for _, m := range g.removeAll(ctx, c.ID, groups) {
		if g.leaves && m.Group != "" {
			g.tellLeave(ctx, c, m)
		}
	}
	return is
}

// removals is how many memberships of a connection are ended at once.
const removals = 16

// removeAll ends the memberships of a connection in groups and returns those that there were.
func (g *tableGroups) removeAll(
	ctx context.Context, id tyg.ConnID, groups []string,
) []tyg.Membership {
	var mu sync.Mutex // guards ended
	var ended []tyg.Membership
	atOnce(removals, groups, func(group string) {
		m, removed, err := g.table.Remove(ctx, group, id)
		if err != nil {
			g.host.log.ErrorContext(ctx, "group not left", "conn", id, "group", group, "err", err)
		}
		if removed {
			mu.Lock()
			ended = append(ended, tyg.Membership{Group: group, Member: m})
			mu.Unlock()
		}
	})
	return ended
}

// atOnce calls do for each of list, up to n at once, and waits for all.
func atOnce[T any](n int, list []T, do func(T)) {
	var all sync.WaitGroup
	free := make(chan struct{}, n) // as many tokens as may run
	for _, v := range list {
		free <- struct{}{}
		// Ends with do; Wait waits for it.
		all.Go(func() { do(v); <-free })
	}
	all.Wait()
}

func (g *tableGroups) tellLeave(ctx context.Context, c *tyg.Conn, m tyg.Membership) {
	e := tyg.Event{
		Type: tyg.EventLeave, Route: tyg.RouteLeave, RequestID: newRequestID(), Time: time.Now(),
		Conn: c, Membership: &m,
	}
	if _, err := g.host.call(ctx, e); err != nil {
		g.host.log.ErrorContext(ctx, "handler failed", eventAttrs(e, e.Time, err)...)
	}
}
