package chatlib

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/rooms"
)

// login handles the first message of a client, which is its nickname. The only command before that
// is /help.
func (c *Chat) login(ctx context.Context, m rooms.Member, text string) error {
	if rest, ok := strings.CutPrefix(text, "/"); ok {
		if name, arg := split(rest); strings.EqualFold(name, "help") {
			return c.help(ctx, m, arg)
		}
		return refusal(askName)
	}
	if text == "" {
		return refusal(askName)
	}
	was, name, err := c.claim(ctx, m, text)
	if err != nil {
		return err
	}
	if was.Name != "" {
		return c.renamed(ctx, was, name) // another first message was faster
	}
	return c.reply(ctx, m.ID, fmt.Sprintf(usingNickname, name))
}

// nick changes the nickname, or replies with the current one.
func (c *Chat) nick(ctx context.Context, m rooms.Member, arg string) error {
	if arg == "" {
		return c.reply(ctx, m.ID, fmt.Sprintf(currentNickname, m.Name))
	}
	was, name, err := c.claim(ctx, m, arg)
	if err != nil {
		return err
	}
	return c.renamed(ctx, was, name)
}

// claim gives m a name, in its normal form, and returns the member as it was before.
func (c *Chat) claim(ctx context.Context, m rooms.Member, arg string) (
	was rooms.Member, name string, err error,
) {
	name, err = nickname(arg, c.Limits.orDefaults().Name)
	if err != nil {
		return m, "", err
	}
	was, err = c.Store.Rename(ctx, m.ID, name)
	if errors.Is(err, rooms.ErrNameTaken) {
		if err := c.releaseName(ctx, name); err != nil {
			return m, "", err
		}
		was, err = c.Store.Rename(ctx, m.ID, name)
	}
	if errors.Is(err, rooms.ErrNameTaken) {
		return m, "", refusal(fmt.Sprintf(nicknameTaken, name))
	}
	return was, name, err
}

// releaseName frees a name whose owner is gone, such as the previous connection of a client that
// has reconnected before its disconnect was noticed.
func (c *Chat) releaseName(ctx context.Context, name string) error {
	holder, err := c.Store.Find(ctx, name)
	if errors.Is(err, rooms.ErrNoMember) {
		return nil
	}
	if err != nil {
		return err
	}
	if _, err := c.Sender.Info(ctx, holder.ID); errors.Is(err, tyg.ErrGone) {
		return c.removeGone(ctx, []tyg.ConnID{holder.ID})
	}
	return nil
}

// renamed tells the member and its room the new name.
func (c *Chat) renamed(ctx context.Context, was rooms.Member, name string) error {
	members, err := c.Store.Members(ctx, was.Room)
	if err != nil {
		return err
	}
	answered := c.Sender.Send(ctx, was.ID, fmt.Appendf(nil, nicknameIs, name))
	if was.Name != name {
		news := fmt.Sprintf(nowKnownAs, was.Name, name)
		err = c.broadcast(ctx, rooms.Others(members, was.ID), news)
	}
	// If the member is gone, it is announced to have left under its new name.
	return errors.Join(err, c.handleSent(ctx, answered))
}
