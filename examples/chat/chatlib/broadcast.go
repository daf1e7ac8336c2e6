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
	return c.settle(ctx, c.Sender.Send(ctx, to, []byte(text)))
}

// broadcast sends text to many connections. That some of them do not get it stops nothing and is no
// error of the one who sent it.
func (c *Chat) broadcast(ctx context.Context, to []tyg.ConnID, text string) error {
	gone, err := c.send(ctx, to, text)
	return errors.Join(err, c.bury(ctx, gone))
}

// settle deals with what one sending ended with.
func (c *Chat) settle(ctx context.Context, sent error) error {
	gone, err := c.failed(ctx, sent)
	return errors.Join(err, c.bury(ctx, gone))
}

// bury forgets connections that are gone and tells their rooms. Each is announced once, by whoever
// removes it from the store: its disconnect event, or the first that could not reach it.
func (c *Chat) bury(ctx context.Context, gone []tyg.ConnID) error {
	var errs []error
	for len(gone) > 0 {
		// All are removed before the first is announced, so that the dead are not written to.
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

// remove removes connections from the store and returns those that nobody else has removed.
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

// announceLeft tells the room of a member that was removed, and returns who else turned out to be
// gone.
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

// failed returns the recipients that are gone, logs the others that were not reached, and returns
// err itself if it is about no recipient at all.
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
