package cluster

import (
	"context"
	"fmt"

	"github.com/tyg-dev/tyg"
)

// A fencedLocal is the gateway of a node with a ledger. It sends nothing while the others may take
// the node for dead, because they say that its connections are gone: a process that was frozen
// notices at its first send.
type fencedLocal struct {
	local
	node *Node
}

// Send sends to a connection of this node.
func (l fencedLocal) Send(
	ctx context.Context, id tyg.ConnID, data []byte, opts ...tyg.SendOption,
) error {
	if !l.node.checkFence() {
		return &tyg.ConnError{Op: "send", ID: id, Err: tyg.ErrGone}
	}
	return l.local.Send(ctx, id, data, opts...)
}

// SendMany sends to connections of this node.
func (l fencedLocal) SendMany(
	ctx context.Context, ids []tyg.ConnID, data []byte, opts ...tyg.SendOption,
) error {
	if l.node.checkFence() || len(ids) == 0 {
		return l.local.SendMany(ctx, ids, data, opts...)
	}
	b := manySend{node: l.node}
	b.note(ids, reply{}, tyg.ErrGone)
	return b.err()
}

// SendToGroup sends to members on this node.
func (l fencedLocal) SendToGroup(
	ctx context.Context, group string, data []byte, o tyg.GroupOptions,
) (tyg.Delivery, error) {
	if !l.node.checkFence() {
		return tyg.Delivery{}, fmt.Errorf("send to group: %w: %w", errFenced, tyg.ErrUnavailable)
	}
	return l.local.SendToGroup(ctx, group, data, o)
}
