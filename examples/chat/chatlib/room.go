package chatlib

import (
	"context"
	"errors"
	"fmt"

	"github.com/tyg-dev/tyg/rooms"
)

// join moves the member into a room, from the one that it is in.
func (c *Chat) join(ctx context.Context, m rooms.Member, arg string) error {
	limits := c.Limits.orDefaults()
	room, err := roomName(arg, limits.Room)
	if err != nil {
		return err
	}
	members, err := c.Store.Members(ctx, room)
	if err != nil {
		return err
	}
	if len(members) >= limits.Members && m.Room != room {
		return refusal(fmt.Sprintf(roomIsFull, room))
	}
	was, err := c.move(ctx, m, room)
	if err != nil {
		return err
	}
	if was.Room == room {
		return refusal(fmt.Sprintf(alreadyInRoom, room))
	}
	return errors.Join(c.left(ctx, was), c.joined(ctx, was, room))
}

// quit moves the member out of its room.
func (c *Chat) quit(ctx context.Context, m rooms.Member, _ string) error {
	was, err := c.move(ctx, m, "")
	if err != nil {
		return err
	}
	if was.Room == "" {
		return refusal(notInRoom)
	}
	return c.left(ctx, was)
}

// room replies with the member's room.
func (c *Chat) room(ctx context.Context, m rooms.Member, _ string) error {
	if m.Room == "" {
		return refusal(notInRoom)
	}
	return c.reply(ctx, m.ID, m.Room)
}

// move moves m to a room, or to none, from the room it is in now, and returns it as it was before.
// If that is the same room, nothing has changed.
func (c *Chat) move(ctx context.Context, m rooms.Member, room string) (rooms.Member, error) {
	// Each failure means that another message of the same client has moved it.
	const attempts = 16
	for range attempts {
		was, err := c.Store.Move(ctx, m.ID, m.Room, room)
		if !errors.Is(err, rooms.ErrMoved) {
			return was, err
		}
		if m, err = c.Store.Get(ctx, m.ID); err != nil {
			return m, err
		}
	}
	return m, refusal(tryAgain)
}

// left tells the member, and the room that it was in, that it has left.
func (c *Chat) left(ctx context.Context, was rooms.Member) error {
	if was.Room == "" {
		return nil
	}
	members, err := c.Store.Members(ctx, was.Room)
	if err != nil {
		return err
	}
	answered := c.Sender.Send(ctx, was.ID, fmt.Appendf(nil, leftChatRoom, was.Room))
	err = c.broadcast(ctx, rooms.Others(members, was.ID), fmt.Sprintf(leftRoom, was.Name))
	return errors.Join(err, c.handleSent(ctx, answered))
}

// joined tells a member, and the room that it is in now, that it has joined. Members that join
// after the list of members is read are not told.
func (c *Chat) joined(ctx context.Context, m rooms.Member, room string) error {
	members, err := c.Store.Members(ctx, room)
	if err != nil {
		return err
	}
	answered := c.Sender.Send(ctx, m.ID, fmt.Appendf(nil, joinedChatRoom, room))
	others := rooms.Others(members, m.ID)
	if len(others) < len(members) { // otherwise it has left again, which has been announced
		err = c.broadcast(ctx, others, fmt.Sprintf(joinedRoom, m.Name))
	}
	// If the member is gone, it is announced to have left after it has joined.
	return errors.Join(err, c.handleSent(ctx, answered))
}
