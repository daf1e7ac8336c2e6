package cluster

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"sync"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/internal/connid"
)

// AddToGroup makes a connection of any node a member of a group, see tyg.Groups. When it returns,
// messages of all nodes that are on the same server of NATS reach the member; those of nodes on
// another server do a moment later.
func (n *Node) AddToGroup(
	ctx context.Context, group string, id tyg.ConnID, info json.RawMessage,
) (tyg.Member, bool, error) {
	inc, here := n.owner(id)
	if here {
		return n.addHere(ctx, group, id, info)
	}
	r, err := n.callAbout(ctx, "add", inc, id, command{op: opAdd, group: group, data: info})
	return memberOf(r, err)
}

// RemoveFromGroup ends a membership, see tyg.Groups.
func (n *Node) RemoveFromGroup(
	ctx context.Context, group string, id tyg.ConnID,
) (tyg.Member, bool, error) {
	inc, here := n.owner(id)
	if here {
		return n.removeHere(ctx, group, id)
	}
	r, err := n.callAbout(ctx, "remove", inc, id, command{op: opRemove, group: group})
	m, removed, err := memberOf(r, err)
	if errors.Is(err, tyg.ErrGone) {
		err = nil // what is over is in no group
	}
	return m, removed, err
}

func memberOf(r reply, err error) (m tyg.Member, changed bool, _ error) {
	if err != nil {
		return m, false, err
	}
	if err := json.Unmarshal(r.data, &m); err != nil {
		return m, false, fmt.Errorf("decode member: %w", err)
	}
	return m, r.flag, nil
}

// addHere adds a connection of this node. Before it returns, the node gets messages to the group,
// and with a ledger the membership is recorded.
func (n *Node) addHere(
	ctx context.Context, group string, id tyg.ConnID, info json.RawMessage,
) (tyg.Member, bool, error) {
	n.interest.add(ctx, group)
	m, added, err := n.local.AddToGroup(ctx, group, id, info)
	if err != nil || n.ledger == nil {
		return m, added, err
	}
	if err := n.recordMember(ctx, group, m); err != nil {
		n.cfg.Logger.Warn("not added to a group", "conn", id, "group", group, "err", err)
		if added {
			_, _, _ = n.local.RemoveFromGroup(ctx, group, id) // it fails if the connection is over
		}
		return tyg.Member{}, false, &tyg.ConnError{Op: "add", ID: id, Err: tyg.ErrUnavailable}
	}
	return m, added, nil
}

func (n *Node) removeHere(
	ctx context.Context, group string, id tyg.ConnID,
) (tyg.Member, bool, error) {
	m, removed, err := n.local.RemoveFromGroup(ctx, group, id)
	if err == nil && removed && n.ledger != nil {
		n.forgetMember(group, id)
	}
	return m, removed, err
}

// SendToGroup sends one message to the members of a group on all nodes, see tyg.Groups. Without
// o.Report it does not wait for the other nodes.
func (n *Node) SendToGroup(
	ctx context.Context, group string, data []byte, o tyg.GroupOptions,
) (tyg.Delivery, error) {
	deadline := time.Now().Add(n.cfg.Timeout) // all that follows counts
	d, err := n.local.SendToGroup(ctx, group, data, o)
	if err != nil {
		return d, err
	}
	c := command{
		op: opGroup, group: group, data: data, kind: o.Type, except: n.elsewhere(o.Except),
		deadline: deadline.UnixNano(),
	}
	if err := n.fits(len(data) + len(c.except)*connid.Length); err != nil {
		return d, err
	}
	if o.Report != nil {
		return n.sendAndReport(ctx, c, d)
	}
	if err := n.broadcast(c); err != nil && len(n.peers.present()) > 0 {
		return d, fmt.Errorf("send to members on other nodes: %w", tyg.ErrUnavailable)
	}
	return d, nil
}

// elsewhere returns the ids that are not of this node.
func (n *Node) elsewhere(ids []tyg.ConnID) (list []tyg.ConnID) {
	for _, id := range ids {
		if _, here := n.owner(id); !here {
			list = append(list, id)
		}
	}
	return list
}

// broadcast publishes a message to the nodes that may have members.
func (n *Node) broadcast(c command) error {
	n.sending.Lock()
	defer n.sending.Unlock()
	n.number(&c)
	n.count.broadcasts.Add(1)
	return n.bus.publish(n.interest.subject(c.group), "", c.encode())
}

// sendAndReport asks each node to send, and adds up what became of it.
func (n *Node) sendAndReport(
	ctx context.Context, c command, d tyg.Delivery,
) (tyg.Delivery, error) {
	err := n.askAll(ctx, c, func(r reply) error {
		var part tyg.Delivery
		if err := json.Unmarshal(r.data, &part); err != nil {
			return fmt.Errorf("decode delivery: %w", err)
		}
		d.Reached += part.Reached
		d.Gone, d.Slow = append(d.Gone, part.Gone...), append(d.Slow, part.Slow...)
		return nil
	})
	return d, err
}

// askAll has all nodes that were heard lately execute a command, and calls f with each reply, one
// after the other. Nodes that are gone by now have no members.
func (n *Node) askAll(ctx context.Context, c command, f func(reply) error) error {
	var mu sync.Mutex
	var errs []error
	var nodes sync.WaitGroup
	for _, inc := range n.peers.present() {
		nodes.Go(func() { // ends with its call
			r, err := n.call(ctx, inc, c)
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				if err = r.err(); err == nil {
					err = f(r)
				}
			}
			if err != nil && !errors.Is(err, tyg.ErrGone) {
				errs = append(errs, fmt.Errorf("node %s: %w", hex(inc), err))
			}
		})
	}
	nodes.Wait()
	return errors.Join(errs...)
}

// CountGroup returns the number of members on all nodes that can be reached.
func (n *Node) CountGroup(ctx context.Context, group string) (int, error) {
	count, err := n.local.CountGroup(ctx, group)
	if err != nil {
		return 0, err
	}
	err = n.askAll(ctx, command{op: opCount, group: group}, func(r reply) error {
		count += int(r.number)
		return nil
	})
	return count, withoutUnreached(err)
}

// withoutUnreached returns err, or nil if it only says that nodes cannot be reached: their members
// cannot be reached either.
func withoutUnreached(err error) error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var left []error
		for _, err := range joined.Unwrap() {
			if !errors.Is(err, tyg.ErrUnavailable) {
				left = append(left, err)
			}
		}
		return errors.Join(left...)
	}
	return err
}

// GroupMembers walks the members on all nodes that can be reached.
func (n *Node) GroupMembers(ctx context.Context, group string) iter.Seq2[tyg.Member, error] {
	return func(yield func(tyg.Member, error) bool) {
		for m, err := range n.local.GroupMembers(ctx, group) {
			if !yield(m, err) || err != nil {
				return
			}
		}
		for _, inc := range n.peers.present() {
			if !n.membersOf(ctx, inc, group, yield) {
				return
			}
		}
	}
}

// membersOf yields the members on one node, page by page, and reports whether to go on.
func (n *Node) membersOf(
	ctx context.Context, inc connid.Incarnation, group string, yield func(tyg.Member, error) bool,
) bool {
	for after := ""; ; {
		r, err := n.call(ctx, inc, command{op: opMembers, group: group, reason: after})
		if err == nil {
			err = r.err()
		}
		if errors.Is(err, tyg.ErrGone) || errors.Is(err, tyg.ErrUnavailable) {
			return true
		}
		var list []tyg.Member
		if err == nil {
			err = json.Unmarshal(r.data, &list)
		}
		if err != nil {
			yield(tyg.Member{}, fmt.Errorf("members on node %s: %w", hex(inc), err))
			return false
		}
		for _, m := range list {
			if !yield(m, nil) {
				return false
			}
		}
		if !r.flag || len(list) == 0 {
			return true
		}
		after = string(list[len(list)-1].ID)
	}
}

// pageSize is how many bytes a page of members has, about.
const pageSize = 256 << 10

// page returns the members of this node that come after an id. flag says that there are more.
func (n *Node) page(ctx context.Context, c command) reply {
	var list []tyg.Member
	for m, err := range n.local.GroupMembers(ctx, c.group) {
		if err != nil {
			return failed(err)
		}
		if string(m.ID) > c.reason {
			list = append(list, m)
		}
	}
	slices.SortFunc(list, func(a, b tyg.Member) int { return cmp.Compare(a.ID, b.ID) })
	const besideInfo = 100 // of a member in JSON
	size, end := 0, 0
	for end < len(list) && size < pageSize {
		size += besideInfo + len(list[end].Info)
		end++
	}
	r := replyJSON(list[:end], nil)
	r.flag = end < len(list)
	return r
}
