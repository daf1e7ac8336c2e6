package tygtest

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"slices"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/apigw"
)

// AddToGroup makes a connection a member of a group.
func (h *Host) AddToGroup(
	ctx context.Context, group string, id tyg.ConnID, info json.RawMessage,
) (tyg.Member, bool, error) {
	c, err := h.findAny(ctx, id)
	if err != nil {
		return tyg.Member{}, false, connError("add", id, err)
	}
	m, added, err := h.groups.Add(group, c, &c.groups, id, info)
	return m, added, connError("add", id, err)
}

// RemoveFromGroup ends a membership.
func (h *Host) RemoveFromGroup(
	ctx context.Context, group string, id tyg.ConnID,
) (tyg.Member, bool, error) {
	c, err := h.findAny(ctx, id)
	switch {
	case errors.Is(err, tyg.ErrGone):
		return tyg.Member{}, false, nil // it is in no group
	case err != nil:
		return tyg.Member{}, false, connError("remove", id, err)
	}
	m, removed := h.groups.Remove(group, &c.groups)
	return m, removed, nil
}

// SendToGroup sends a message to the members of a group.
func (h *Host) SendToGroup(
	ctx context.Context, group string, data []byte, o tyg.GroupOptions,
) (tyg.Delivery, error) {
	var d tyg.Delivery
	m := message{o.Type, string(data)}
	if err := h.check(ctx, m); err != nil {
		return d, err
	}
	for _, c := range h.groupClients(group) {
		if slices.Contains(o.Except, c.conn.ID) {
			continue
		}
		if err := h.deliver(c.conn.ID, m); err != nil {
			d.Gone = append(d.Gone, c.conn.ID)
			continue
		}
		d.Reached++
	}
	return d, nil
}

// GroupMembers walks the members of a group.
func (h *Host) GroupMembers(ctx context.Context, group string) iter.Seq2[tyg.Member, error] {
	return func(yield func(tyg.Member, error) bool) {
		if err := ctx.Err(); err != nil {
			yield(tyg.Member{}, err)
			return
		}
		for _, m := range h.members(group) {
			if !yield(m, nil) {
				return
			}
		}
	}
}

// CountGroup returns the number of members of a group.
func (h *Host) CountGroup(ctx context.Context, group string) (int, error) {
	return len(h.members(group)), ctx.Err()
}

// LoadValue returns a value of the application or of a connection.
func (h *Host) LoadValue(ctx context.Context, k tyg.ValueKey) ([]byte, tyg.Revision, error) {
	if err := ctx.Err(); err != nil {
		return nil, 0, err
	}
	if k.Conn == "" {
		return h.values.LoadValue(ctx, k)
	}
	c, err := h.findAny(ctx, k.Conn)
	if err != nil {
		return nil, 0, connError("load", k.Conn, err)
	}
	data, rev, err := c.value.Load()
	return data, rev, connError("load", k.Conn, err)
}

// StoreValue sets a value of the application or of a connection.
func (h *Host) StoreValue(
	ctx context.Context, k tyg.ValueKey, data []byte, rev tyg.Revision,
) (tyg.Revision, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	if k.Conn == "" {
		return h.values.StoreValue(ctx, k, data, rev)
	}
	c, err := h.findAny(ctx, k.Conn)
	if err != nil {
		return 0, connError("store", k.Conn, err)
	}
	rev, err = c.value.Store(data, rev)
	return rev, connError("store", k.Conn, err)
}

// groupClients returns the clients in a group, in the order in which they connected for all of
// them.
func (h *Host) groupClients(group string) []*Client {
	if group != "" {
		return h.groups.Conns(group)
	}
	return slices.DeleteFunc(h.openClients(), func(c *Client) bool { return !h.isOpen(c) })
}

func (h *Host) members(group string) []tyg.Member {
	if group != "" {
		return h.groups.Members(group)
	}
	var list []tyg.Member
	for _, c := range h.groupClients("") {
		at := c.conn.ConnectedAt.UTC().Round(0)
		list = append(list, tyg.Member{ID: c.conn.ID, JoinedAt: at})
	}
	return list
}

func (h *Host) isOpen(c *Client) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return c.state == open
}

// findAny returns a connection that has not ended for the application: its disconnect handler has
// not returned, and its connect handler may not have either.
func (h *Host) findAny(ctx context.Context, id tyg.ConnID) (*Client, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if !apigw.ValidID(id) {
		return nil, tyg.ErrInvalidID
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if c := h.clients[id]; c != nil {
		return c, nil
	}
	if c := h.leaving[id]; c != nil {
		return c, nil
	}
	return nil, tyg.ErrGone
}

// leaveGroups ends the memberships of a connection, and tells the application of each. The caller
// holds c.busy.
func (h *Host) leaveGroups(c *Client) {
	for _, m := range h.groups.End(&c.groups) {
		if !h.leaves {
			continue
		}
		e := newEvent(c, tyg.EventLeave, tyg.RouteLeave)
		e.Membership = &m
		if _, err := h.call(e); err != nil {
			h.recordFailure(e, err)
		}
	}
}
