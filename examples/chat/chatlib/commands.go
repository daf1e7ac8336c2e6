package chatlib

import (
	"context"
	"fmt"
	"strings"

	"github.com/tyg-dev/tyg/rooms"
)

// An argument says whether a command has an argument.
type argument int

const (
	none argument = iota
	optional
	required
)

// A command is run by a message that starts with a slash. The text after the name is one argument,
// without the blanks around it.
type command struct {
	name     string
	argument argument
	usage    string
	run      func(c *Chat, ctx context.Context, m rooms.Member, arg string) error
}

func commands() []command {
	return []command{
		{"help", optional, "/help [all]", (*Chat).help},
		{"nick", optional, "/nick {nickname}", (*Chat).nick},
		{"join", required, "/join {chat_room_name}", (*Chat).join},
		{"room", none, "/room", (*Chat).room},
		{"quit", none, "/quit", (*Chat).quit},
		{"ls", none, "/ls", (*Chat).list},
		{"me", required, "/me {action}", (*Chat).me},
		{"msg", required, "/msg {nickname} {text}", (*Chat).private},
		{"who", optional, "/who [chat_room_name]", (*Chat).who},
	}
}

// command runs the command in text, which follows the slash. A bare slash asks for help.
func (c *Chat) command(ctx context.Context, m rooms.Member, text string) error {
	name, arg := split(text)
	if name == "" {
		return c.help(ctx, m, "")
	}
	name = strings.ToLower(name)
	for _, cmd := range commands() {
		if cmd.name != name {
			continue
		}
		if cmd.argument == none && arg != "" || cmd.argument == required && arg == "" {
			return refusal(fmt.Sprintf(usage, cmd.usage))
		}
		return cmd.run(c, ctx, m, arg)
	}
	return refusal(fmt.Sprintf(unknownCommand, name))
}

func (c *Chat) help(ctx context.Context, m rooms.Member, arg string) error {
	switch strings.ToLower(arg) {
	case "":
		return c.reply(ctx, m.ID, helpText)
	case "all":
		return c.reply(ctx, m.ID, helpText+moreHelp)
	}
	return refusal(fmt.Sprintf(usage, "/help [all]"))
}

// split takes the first word off text.
func split(text string) (word, rest string) {
	word, rest, _ = strings.Cut(text, " ")
	return word, strings.TrimSpace(rest)
}
