// Package connect is "tyg connect": a conversation with a WebSocket server, line by line.
package connect

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/tyg-dev/tyg/cmd/internal/buildinfo"
	"github.com/tyg-dev/tyg/cmd/internal/cli"
	"github.com/tyg-dev/tyg/internal/redact"
	"github.com/tyg-dev/tyg/internal/ws"
	"github.com/tyg-dev/tyg/internal/wsclient"
)

// Config is where to connect, and how to show the conversation.
type Config struct {
	Target *url.URL // ws or wss
	Dial   wsclient.Options

	// Proxy returns the proxy for a request, or nil. A nil Proxy means none.
	Proxy func(*http.Request) (*url.URL, error)

	Timeout time.Duration // of the handshake, and of the first answer to piped input
	Wait    time.Duration // for more messages, after the end of piped input
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
	shown := redact.URL(c.Target)
	var err error
	if c.Dial.NetDial, err = c.proxyDial(); err != nil {
		return fmt.Errorf("cannot connect to %s: %w", shown, err)
	}
	c.Dial.Header = withUserAgent(c.Dial.Header)
	dialing, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	client, res, err := wsclient.Dial(dialing, c.Target.String(), &c.Dial)
	if err != nil {
		if ctx.Err() != nil {
			return cli.ErrInterrupted
		}
		if errors.Is(err, context.DeadlineExceeded) {
			return fmt.Errorf("cannot connect to %s: no answer within %s", shown, c.Timeout)
		}
		return explainDial(shown, err)
	}
	defer client.CloseNow()
	input, view, restore, err := c.surface()
	if err != nil {
		return err
	}
	defer restore()
	view.open(shown, res.Header.Get("Sec-WebSocket-Protocol"))
	s := &session{
		client: client,
		write: func(ctx context.Context, text string) error {
			return client.Write(ctx, ws.OpText, []byte(text))
		},
		input: input, view: view, timeout: c.Timeout, wait: c.Wait, ping: c.Ping,
	}
	return s.run(ctx)
}

// withUserAgent returns headers that have a User-Agent, in any spelling.
func withUserAgent(h http.Header) http.Header {
	for name := range h {
		if strings.EqualFold(name, "User-Agent") {
			return h
		}
	}
	all := h.Clone()
	if all == nil {
		all = make(http.Header)
	}
	all.Set("User-Agent", userAgent())
	return all
}

// userAgent returns the name and version of this program for servers.
func userAgent() string { return "tyg/" + buildinfo.Read().Version }
