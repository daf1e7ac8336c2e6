package chatlib

import (
	"context"
	"fmt"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/rooms"
)

// chunkSize is the longest reply of many lines, in bytes; the rest is sent in further ones. It is
// API Gateway's largest frame, and the size that it bills as one message
// (https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html).
const chunkSize = 32 * 1024

// list lists the members of the room, in the order in which they joined it. If the member is in no
// room, it lists all rooms, sorted.
func (c *Chat) list(ctx context.Context, m rooms.Member, _ string) error {
	if m.Room != "" {
		return c.listMembers(ctx, m.ID, m.Room)
	}
	open, err := c.Store.Rooms(ctx)
	if err != nil {
		return err
	}
	if len(open) == 0 {
		return refusal(noRooms)
	}
	return c.replyLines(ctx, m.ID, open)
}

// who lists the members of any room.
func (c *Chat) who(ctx context.Context, m rooms.Member, arg string) error {
	if arg == "" && m.Room == "" {
		return refusal(notInRoom)
	}
	if arg == "" {
		return c.listMembers(ctx, m.ID, m.Room)
	}
	room, err := roomName(arg, c.Limits.orDefaults().Room)
	if err != nil {
		return err
	}
	return c.listMembers(ctx, m.ID, room)
}

func (c *Chat) listMembers(ctx context.Context, to tyg.ConnID, room string) error {
	members, err := c.Store.Members(ctx, room)
	if err != nil {
		return err
	}
	members, err = c.withoutGone(ctx, members)
	if err != nil {
		return err
	}
	var names []string
	for _, m := range members {
		if m.Name != "" {
			names = append(names, m.Name)
		}
	}
	if len(names) == 0 {
		return refusal(fmt.Sprintf(roomIsEmpty, room))
	}
	return c.replyLines(ctx, to, names)
}

func (c *Chat) replyLines(ctx context.Context, to tyg.ConnID, lines []string) error {
	for len(lines) > 0 {
		var text string
		text, lines = chunk(lines, chunkSize)
		if err := c.reply(ctx, to, text); err != nil {
			return err
		}
	}
	return nil
}
