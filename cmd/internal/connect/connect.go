// Package connect is "tyg connect": a conversation with a WebSocket server, line by line.
package connect

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/tyg-dev/tyg/cmd/internal/cli"
	"github.com/tyg-dev/tyg/internal/wsclient"
)

// Config is where to connect, and how to show the conversation.
type Config struct {
	Target *url.URL // ws or wss
	Dial   wsclient.Options

	Timeout time.Duration // of the handshake
	Wait    time.Duration // for replies, after the end of piped input
	Ping    time.Duration // between pings; 0: none

	NoHistory bool // neither read nor write the history file
	Prompt    bool // print banner and prompts even without a terminal
	JSON      bool // print each event as a JSON object
	Quiet     bool // print messages only
}

// A run is one conversation.
type run struct {
	Config
	env *cli.Env
}

// Run connects, talks, and leaves. It returns nil if the connection was closed normally.
func Run(ctx context.Context, e *cli.Env, cfg Config) error {
	c := &run{Config: cfg, env: e}
	dialing, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	client, res, err := wsclient.Dial(dialing, c.Target.String(), &c.Dial)
	if err != nil {
		if ctx.Err() != nil {
			return cli.ErrInterrupted
		}
		if errors.Is(err, context.DeadlineExceeded) {
			return fmt.Errorf("cannot connect to %s: no answer within %s",
				c.Target.Redacted(), c.Timeout)
		}
		return explainDial(c.Target.Redacted(), err)
	}
	defer client.CloseNow()
	input, view, restore, err := c.surface()
	if err != nil {
		return err
	}
	defer restore()
	view.open(c.Target.Redacted(), res.Header.Get("Sec-WebSocket-Protocol"))
	s := &session{client: client, input: input, view: view, wait: c.Wait, ping: c.Ping}
	return s.run(ctx)
}
