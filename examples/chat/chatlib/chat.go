// Package chatlib is a chat with nicknames and rooms, for any host of tyg.
//
// The first message of a client is its nickname. After that a message that starts with a slash is a
// command, and any other goes to all clients in the room, its sender included. A message is
// one line: line breaks in it become spaces. The messages of one client in one room arrive at all
// members in the order in which they were sent; between clients there is no order.
package chatlib

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/rooms"
)

// A Chat holds the handlers of the chat's three events. Set Store and Sender, and change no field
// once a host runs it. Its methods may be called at the same time, also for the same connection.
type Chat struct {
	Store  rooms.Store
	Sender tyg.Sender   // app.Sender() of the App that calls the handlers
	Limits Limits       // the zero value means the defaults
	Log    *slog.Logger // for failures that clients are not told of; nil means slog.Default()

	rates rateLimiter
}

// Connect adds a new connection to the store. If the store fails, the client is refused with status
// 503, which tells it to try again.
func (c *Chat) Connect(ctx context.Context, conn *tyg.Conn, _ *tyg.Request) error {
	if err := c.Store.Add(ctx, conn.ID); err != nil {
		c.log().ErrorContext(ctx, "add member", "conn", conn.ID, "err", err)
		return tyg.Reject(http.StatusServiceUnavailable, outOfOrder)
	}
	return nil
}

// Message handles a message of a client. Mistakes of the client are answered and are no errors.
func (c *Chat) Message(ctx context.Context, conn *tyg.Conn, msg tyg.Message) error {
	err := c.message(ctx, conn.ID, msg)
	if r, ok := errors.AsType[refusal](err); ok {
		return c.reply(ctx, conn.ID, string(r))
	}
	if errors.Is(err, rooms.ErrNoMember) {
		return nil // the connection ended while its message was handled
	}
	return err
}

// Disconnect removes a connection and tells its room.
func (c *Chat) Disconnect(ctx context.Context, conn *tyg.Conn, _ tyg.Disconnect) error {
	c.rates.forget(conn.ID)
	return c.removeGone(ctx, []tyg.ConnID{conn.ID})
}

func (c *Chat) message(ctx context.Context, id tyg.ConnID, msg tyg.Message) error {
	limits := c.Limits.orDefaults()
	if ok, err := c.admit(ctx, id, limits); !ok {
		return err
	}
	if len(msg.Data) > limits.Text {
		return refusal(fmt.Sprintf(tooLong, limits.Text))
	}
	m, err := c.member(ctx, id)
	if err != nil {
		return err
	}
	text := clean(msg.Text())
	switch {
	case m.Name == "":
		return c.login(ctx, m, text)
	case strings.HasPrefix(text, "/"):
		return c.command(ctx, m, text[1:])
	case text == "":
		return nil
	}
	return c.say(ctx, m, m.Name+": "+text)
}

// member returns the member with this id. A connection that the store does not know is added again
// and asked for its name, because its message may have been meant for a room. If the connection is
// gone, and its disconnect event was handled before Add, that reply fails and removes it.
func (c *Chat) member(ctx context.Context, id tyg.ConnID) (rooms.Member, error) {
	m, err := c.Store.Get(ctx, id)
	if !errors.Is(err, rooms.ErrNoMember) {
		return m, err
	}
	if err := c.Store.Add(ctx, id); err != nil {
		return m, err
	}
	return m, refusal(askName)
}

func (c *Chat) log() *slog.Logger { return cmp.Or(c.Log, slog.Default()) }

// A refusal is the answer to a client whose request is refused.
type refusal string

// Error returns the text for the client.
func (r refusal) Error() string { return string(r) }
