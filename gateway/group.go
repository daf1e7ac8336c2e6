package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"slices"
	"time"

	"github.com/tyg-dev/tyg"
)

// AddToGroup makes a connection of this Server a member of a group, see tyg.Groups.
func (s *Server) AddToGroup(
	ctx context.Context, group string, id tyg.ConnID, info json.RawMessage,
) (tyg.Member, bool, error) {
	const op = "add"
	c, err := s.findAttached(op, id)
	if err != nil {
		return tyg.Member{}, false, err
	}
	m, added, err := s.groups.Add(group, c, &c.attach().groups, id, info)
	if err != nil {
		return tyg.Member{}, false, s.connError(op, id, err)
	}
	return m, added, nil
}

// RemoveFromGroup ends a membership, see tyg.Groups.
func (s *Server) RemoveFromGroup(
	ctx context.Context, group string, id tyg.ConnID,
) (tyg.Member, bool, error) {
	c, err := s.findAttached("remove", id)
	if err != nil {
		return tyg.Member{}, false, notGone(err)
	}
	a := c.attached.Load()
	if a == nil {
		return tyg.Member{}, false, nil
	}
	m, removed := s.groups.Remove(group, &a.groups)
	return m, removed, nil
}

// notGone returns err unless it is that the connection is over: what is over is in no group.
func notGone(err error) error {
	if errors.Is(err, tyg.ErrGone) {
		return nil
	}
	return err
}

// SendToGroup sends one message to the members of a group, see tyg.Groups. The frame is made once,
// and no id is looked up but those of o.Except.
func (s *Server) SendToGroup(
	ctx context.Context, group string, data []byte, o tyg.GroupOptions,
) (tyg.Delivery, error) {
	if observer := s.observed(); observer != nil {
		return s.observeGroup(ctx, observer, group, data, o)
	}
	d, _, err := s.sendToGroup(ctx, group, data, o)
	return d, err
}

// sendToGroup returns the sessions of the group, too. The slice is shared.
func (s *Server) sendToGroup(
	ctx context.Context, group string, data []byte, o tyg.GroupOptions,
) (d tyg.Delivery, to []*session, err error) {
	if err := s.Start(); err != nil {
		return d, nil, err
	}
	to = s.recipients(group)
	opcode, err := s.opcode(data, o.Type)
	if err != nil {
		return d, to, err
	}
	except := s.exceptions(o.Except)
	e, now := s.eventFrom(ctx), time.Now()
	m := newSharedMessage(e, opcode, data)
	b := s.newBatch(len(to))
	defer flushBatch(b)
	for _, c := range to {
		if except.has(c) {
			continue
		}
		switch err := c.sendShared(e, m, b, now); err {
		case nil:
			d.Reached++
		case tyg.ErrThrottled:
			d.Slow = append(d.Slow, c.conn.ID)
			_ = s.connError("send", c.conn.ID, err) // traces it
		default:
			d.Gone = append(d.Gone, c.conn.ID)
		}
	}
	return d, to, nil
}

// recipients returns the sessions of a group. The slice is shared.
func (s *Server) recipients(group string) []*session {
	if group == "" {
		return s.hub.all()
	}
	return s.groups.Conns(group)
}

// exceptions are the sessions that a send leaves out. The usual one or two are compared with each
// member; a thousand of them would cost each member a thousand comparisons.
type exceptions struct {
	few  []*session
	many map[*session]bool // nil: few has them all
}

const maxFew = 8

// exceptions returns the sessions of ids that there are.
func (s *Server) exceptions(ids []tyg.ConnID) (e exceptions) {
	if len(ids) > maxFew {
		e.many = make(map[*session]bool)
	}
	for _, id := range ids {
		switch c := s.hub.get(id); {
		case c == nil:
		case e.many != nil:
			e.many[c] = true
		default:
			e.few = append(e.few, c)
		}
	}
	return e
}

func (e exceptions) has(c *session) bool {
	if e.many != nil {
		return e.many[c]
	}
	return slices.Contains(e.few, c)
}

// GroupMembers walks the members of a group, see tyg.Groups.
func (s *Server) GroupMembers(ctx context.Context, group string) iter.Seq2[tyg.Member, error] {
	return func(yield func(tyg.Member, error) bool) {
		list, err := s.members(group)
		if err != nil {
			yield(tyg.Member{}, err)
			return
		}
		for _, m := range list {
			if !yield(m, nil) {
				return
			}
		}
	}
}

func (s *Server) members(group string) ([]tyg.Member, error) {
	if err := s.Start(); err != nil {
		return nil, err
	}
	if group != "" {
		return s.groups.Members(group), nil
	}
	var list []tyg.Member
	for _, c := range s.hub.all() {
		if !c.closing.Load() {
			at := c.conn.ConnectedAt.UTC().Round(0)
			list = append(list, tyg.Member{ID: c.conn.ID, JoinedAt: at})
		}
	}
	return list, nil
}

// CountGroup returns the number of members of a group, see tyg.Groups.
func (s *Server) CountGroup(ctx context.Context, group string) (int, error) {
	if err := s.Start(); err != nil {
		return 0, err
	}
	if group == "" {
		return int(s.hub.open.Load()), nil
	}
	return s.groups.Count(group), nil
}
