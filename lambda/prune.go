package lambda

import (
	"context"
	"errors"
	"time"

	"github.com/tyg-dev/tyg"
)

// reach returns to, whose calls also end the memberships of connections that they find gone: API
// Gateway may lose a disconnect event, and a connection that no group sends to would stay a member
// for as long as the table keeps it.
func (h *Host) reach(to tyg.Sender) tyg.Sender {
	if h.groups == nil {
		return to
	}
	return pruningSender{to, h.groups}
}

// A pruningSender is what reach returns.
type pruningSender struct {
	tyg.Sender
	groups *tableGroups
}

var _ tyg.Sender = pruningSender{}

// Send sends to one connection.
func (p pruningSender) Send(
	ctx context.Context, id tyg.ConnID, data []byte, opts ...tyg.SendOption,
) error {
	err := p.Sender.Send(ctx, id, data, opts...)
	p.note(ctx, err)
	return err
}

// SendMany sends to many connections.
func (p pruningSender) SendMany(
	ctx context.Context, ids []tyg.ConnID, data []byte, opts ...tyg.SendOption,
) error {
	err := p.Sender.SendMany(ctx, ids, data, opts...)
	p.note(ctx, err)
	return err
}

// Close closes a connection.
func (p pruningSender) Close(ctx context.Context, id tyg.ConnID) error {
	err := p.Sender.Close(ctx, id)
	p.note(ctx, err)
	return err
}

// Info asks about a connection.
func (p pruningSender) Info(ctx context.Context, id tyg.ConnID) (tyg.Info, error) {
	info, err := p.Sender.Info(ctx, id)
	p.note(ctx, err)
	return info, err
}

// note ends the memberships of the connections that err says are gone.
func (p pruningSender) note(ctx context.Context, err error) {
	if err == nil {
		return
	}
	var gone []tyg.ConnID
	for id, why := range tyg.Failures(err) {
		if errors.Is(why, tyg.ErrGone) {
			gone = append(gone, id)
		}
	}
	atOnce(prunings, gone, func(id tyg.ConnID) { p.groups.pruneKnown(ctx, p.Sender, id) })
}

// pruneKnown ends the memberships of a connection that API Gateway does not know, if the table does
// and it is no young one, which may still be connecting.
func (g *tableGroups) pruneKnown(ctx context.Context, to tyg.Sender, id tyg.ConnID) {
	if active, _ := g.active(id); active {
		return
	}
	c, err := g.table.Conn(ctx, id)
	if err != nil {
		g.host.log.ErrorContext(ctx, "groups of a connection not left", "conn", id, "err", err)
		return
	}
	if !c.Known || c.Over || time.Since(c.Since) < youngMember {
		return
	}
	exit := g.enter(id, true)
	defer exit()
	g.leave(ctx, &tyg.Conn{ID: id, Sender: to}, "")
}
