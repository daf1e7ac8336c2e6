package chatlib

import (
	"context"
	"errors"
	"fmt"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/rooms"
)

// reply sends text to one connection.
func (c *Chat) reply(ctx context.Context, to tyg.ConnID, text string) error {
	return c.handleSent(ctx, c.Sender.Send(ctx, to, []byte(text)))
}

// broadcast sends text to many connections. A failed recipient does not stop it, and is no error
// for the client that sent the text.
func (c *Chat) broadcast(ctx context.Context, to []tyg.ConnID, text string) error {
	gone, err := c.send(ctx, to, text)
	return errors.Join(err, c.removeGone(ctx, gone))
}

// handleSent handles the error of one send, which may be nil.
func (c *Chat) handleSent(ctx context.Context, sent error) error {
	gone, err := c.failed(ctx, sent)
	return errors.Join(err, c.removeGone(ctx, gone))
}

// removeGone removes connections that are gone and tells their rooms. Each is announced once, by
// the call that removes it from the store: its disconnect event, or the first send that fails.
func (c *Chat) removeGone(ctx context.Context, gone []tyg.ConnID) error {
	var errs []error
	for len(gone) > 0 {
		// All are removed before the first is announced, so that none of them is sent to.
		left, err := c.remove(ctx, gone)
		errs = append(errs, err)
		gone = nil
		for _, m := range left {
			more, err := c.announceLeft(ctx, m)
			gone, errs = append(gone, more...), append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// remove removes connections from the store and returns those that it has removed itself.
func (c *Chat) remove(ctx context.Context, ids []tyg.ConnID) (left []rooms.Member, err error) {
	var errs []error
	for _, id := range ids {
		m, err := c.Store.Remove(ctx, id)
		switch {
		case err == nil:
			left = append(left, m)
		case !errors.Is(err, rooms.ErrNoMember):
			errs = append(errs, fmt.Errorf("remove member %s: %w", id, err))
		}
	}
	return left, errors.Join(errs...)
}

// announceLeft tells the room of a removed member, and returns the recipients that are gone.
func (c *Chat) announceLeft(ctx context.Context, m rooms.Member) ([]tyg.ConnID, error) {
	if m.Room == "" {
		return nil, nil
	}
	members, err := c.Store.Members(ctx, m.Room)
	if err != nil {
		return nil, err
	}
	return c.send(ctx, rooms.IDs(members), fmt.Sprintf(leftRoom, m.Name))
}

// send sends text to many connections and returns those that are gone.
func (c *Chat) send(ctx context.Context, to []tyg.ConnID, text string) ([]tyg.ConnID, error) {
	if len(to) == 0 {
		return nil, nil
	}
	return c.failed(ctx, c.Sender.SendMany(ctx, to, []byte(text)))
}

// failed returns the recipients that are gone, logs the other failed ones, and returns err itself
// if it is not about recipients.
func (c *Chat) failed(ctx context.Context, err error) (gone []tyg.ConnID, _ error) {
	recipients := 0
	for id, why := range tyg.Failures(err) {
		recipients++
		if errors.Is(why, tyg.ErrGone) {
			gone = append(gone, id)
			continue
		}
		c.log().WarnContext(ctx, "message not delivered", "conn", id, "err", why)
	}
	if recipients == 0 {
		return nil, err
	}
	return gone, nil
}
