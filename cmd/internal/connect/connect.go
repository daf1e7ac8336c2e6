// Package connect is "tyg connect": a conversation with a WebSocket server, line by line.
package connect

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/tyg-dev/tyg/apigw"
	"github.com/tyg-dev/tyg/cmd/internal/buildinfo"
	"github.com/tyg-dev/tyg/cmd/internal/cli"
	"github.com/tyg-dev/tyg/cmd/internal/connect/script"
	"github.com/tyg-dev/tyg/internal/redact"
	"github.com/tyg-dev/tyg/internal/wsclient"
)

// Config is where to connect, and how to show the conversation.
type Config struct {
	Target *url.URL // ws or wss
	Dial   wsclient.Options

	// Proxy returns the proxy for a request, or nil. A nil Proxy means none.
	Proxy func(*http.Request) (*url.URL, error)

	Redirects int           // how many to follow
	Timeout   time.Duration // of the handshake, and of the first answer to piped input
	Wait      time.Duration // for more messages, after the end of piped input
	Ping      time.Duration // between pings; 0: none
	Reconnect bool          // connect again when the connection is lost

	Messages []string       // to send in place of the input, each after the answer to the last
	Script   *script.Script // to run in place of the input, if not nil
	Binary   bool           // send binary messages

	NoHistory  bool // neither read nor write the history file
	Prompt     bool // print banner and prompts even without a terminal
	JSON       bool // print each event as a JSON object
	Quiet      bool // print messages only
	Verbose    bool // print the handshake's headers, pings and pongs, too
	Timestamps bool // print the time before each message
	Raw        bool // on a terminal, print JSON as it came
}

// A run is one conversation.
type run struct {
	Config
	env  *cli.Env
	lost string // why the last attempt failed; empty once there is a connection
}

// Run connects, talks, and leaves. It returns nil if the connection was closed normally.
func Run(ctx context.Context, e *cli.Env, cfg Config) error {
	c := &run{Config: cfg, env: e}
	c.Dial.Header = withUserAgent(c.Dial.Header)
	c.Dial.MaxFrame = apigw.MaxFrame // browsers send long messages in several frames, too
	switch {
	case c.Script != nil:
		return c.play(ctx)
	case len(c.Messages) > 0:
		return c.exchange(ctx)
	}
	return c.converse(ctx)
}

// converse sends the lines of the input.
func (c *run) converse(ctx context.Context) error {
	client, res, err := c.connect(ctx)
	if err != nil && !(c.Reconnect && canRetry(err)) {
		return err
	}
	input, view, restore, surfaceErr := c.surface()
	if surfaceErr != nil {
		if client != nil {
			_ = client.CloseNow()
		}
		return surfaceErr
	}
	defer restore()
	s := &session{
		input: newFeed(input), view: view, timeout: c.Timeout, wait: c.Wait, ping: c.Ping,
		slash: c.Wait < 0, binary: c.Binary, reconnects: c.Reconnect,
	}
	if client != nil {
		view.open(redact.URL(c.Target), res)
		err = s.run(ctx, client)
	}
	if !c.Reconnect {
		return failure(err)
	}
	for attempt := 0; canRetry(err) && ctx.Err() == nil; attempt++ {
		if err := c.pause(ctx, view, attempt, err); err != nil {
			return err
		}
		client, res, err = c.connect(ctx)
		if err != nil {
			continue
		}
		c.lost = ""
		view.open(redact.URL(c.Target), res)
		since := time.Now()
		err = s.run(ctx, client)
		if time.Since(since) > steady {
			attempt = -1
		}
	}
	return failure(err)
}

// connect opens a connection. Its errors are those to print.
func (c *run) connect(ctx context.Context) (*wsclient.Conn, *http.Response, error) {
	dialing, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	client, res, err := c.follow(dialing)
	switch shown := redact.URL(c.Target); {
	case err == nil:
		return client, res, nil
	case ctx.Err() != nil:
		return nil, nil, cli.ErrInterrupted
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		err := fmt.Errorf("cannot connect to %s: no answer within %s%s", shown, c.Timeout, byProxy(err))
		return nil, nil, &lostError{err}
	default:
		return nil, nil, explainDial(shown, err)
	}
}

// byProxy names the proxy that gave no answer, if it was one.
func byProxy(err error) string {
	if e, ok := errors.AsType[*proxyError](err); ok {
		return " by proxy " + redact.URL(e.proxy) + hint(err, false)
	}
	return ""
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
