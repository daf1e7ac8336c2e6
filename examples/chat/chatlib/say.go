package chatlib

import (
	"context"
	"errors"
	"fmt"

	"github.com/tyg-dev/tyg/rooms"
)

// say sends a line to all members of the member's room, the member included.
func (c *Chat) say(ctx context.Context, m rooms.Member, line string) error {
	if m.Room == "" {
		return refusal(notInChatroom)
	}
	members, err := c.Store.Members(ctx, m.Room)
	if err != nil {
		return err
	}
	return c.broadcast(ctx, rooms.IDs(members), line)
}

// me sends an action of the member to its room.
func (c *Chat) me(ctx context.Context, m rooms.Member, arg string) error {
	return c.say(ctx, m, fmt.Sprintf(action, m.Name, arg))
}

// private sends a text to one member, in any room, and a copy to its sender.
func (c *Chat) private(ctx context.Context, m rooms.Member, arg string) error {
	name, text := split(arg)
	if text == "" {
		return refusal(fmt.Sprintf(usage, "/msg {nickname} {text}"))
	}
	name, err := nickname(name, c.Limits.orDefaults().Name)
	if err != nil {
		return err
	}
	to, err := c.Store.Find(ctx, name)
	if errors.Is(err, rooms.ErrNoMember) {
		return refusal(fmt.Sprintf(unknownNickname, name))
	}
	if err != nil {
		return err
	}
	sent := c.Sender.Send(ctx, to.ID, fmt.Appendf(nil, privateFrom, m.Name, text))
	if err := c.handleSent(ctx, sent); err != nil {
		return err
	}
	if sent != nil {
		return refusal(fmt.Sprintf(notDelivered, to.Name))
	}
	return c.reply(ctx, m.ID, fmt.Sprintf(privateTo, m.Name, to.Name, text))
}
