package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/tyg-dev/tyg/cmd/internal/cli"
	"github.com/tyg-dev/tyg/cmd/internal/terminal"
	"github.com/tyg-dev/tyg/internal/wsclient"
)

// maxMessage is the longest message that connect receives, in bytes.
const maxMessage = 64 << 20

const connectHelp = `connect opens a WebSocket and talks: each line you type is sent as one
message, and each message that comes is printed. URL may be ws://, wss://, http://, https://
or without a scheme; it is ` + defaultURL + ` if left out.

On a terminal there is a prompt, with line editing and with a history that lasts (in
$XDG_STATE_HOME/tyg/history; lines that begin with a space are not kept). Ctrl-C or Ctrl-D
leaves. Control characters in what comes are shown as escapes such as \x1b.

Where input or output is not a terminal there is no prompt: each line of the input is sent,
messages are printed as they are, and after the end of the input connect waits for replies
until none has come for the time of --wait, then closes. A message that is binary is printed
in hexadecimal.

With --json each event is one JSON object in a line: its "event" is open, sent, message or
close.

Exit status:
  0    the connection was closed normally (1000, 1001 or no code), by either side
  1    no connection: refused (status and body are printed), or not reachable
  2    the command line makes no sense
  3    the server closed with another code, or was lost (code and reason are printed)
  130  interrupted by a signal`

const connectExample = `  tyg connect
  tyg connect localhost:8000/api/
  tyg connect wss://example.com/chat -H 'Authorization: Bearer abc' -s chat.v1
  printf 'foo\nbar\n' | tyg connect --wait 3s
  echo '{"action":"status"}' | tyg connect --json wss://example.com/ | jq .`

// A connectRun is one call of connect.
type connectRun struct {
	target       *url.URL
	headers      []string
	origin       string
	subprotocols []string
	compress     bool
	insecure     bool
	ca           string
	timeout      time.Duration
	wait         time.Duration
	ping         time.Duration
	noHistory    bool
	prompt       bool
	json         bool
	quiet        bool
}

func newConnect(e *cli.Env) *cobra.Command {
	c := new(connectRun)
	cmd := &cobra.Command{
		Use:               "connect [URL]",
		Short:             "Talk to a WebSocket server, line by line",
		Long:              connectHelp,
		Example:           connectExample,
		Args:              cli.ExactArgs("[URL]"),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, args []string) error {
			target := defaultURL
			if len(args) > 0 {
				target = args[0]
			}
			var err error
			if c.target, err = parseTarget(target); err != nil {
				return cli.Usagef(cmd, "%w", err)
			}
			o, err := c.dialOptions(cmd)
			if err != nil {
				return err
			}
			return c.run(cmd.Context(), e, o)
		},
	}
	c.addFlags(cmd)
	return cmd
}

func (c *connectRun) addFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringArrayVarP(&c.headers, "header", "H", nil, "send the header `'Name: value'` (repeatable)")
	f.StringVar(&c.origin, "origin", "", "send this `ORIGIN`, as a browser does")
	f.StringArrayVarP(&c.subprotocols, "subprotocol", "s", nil,
		"offer the subprotocol `NAME` (repeatable)")
	f.BoolVar(&c.compress, "compress", false, "offer permessage-deflate")
	f.BoolVar(&c.insecure, "insecure", false, "trust any TLS certificate")
	f.StringVar(&c.ca, "ca", "", "trust the TLS certificates in the PEM `FILE` and no others")
	f.DurationVar(&c.timeout, "timeout", 10*time.Second, "give up connecting after this `TIME`")
	f.DurationVar(&c.ping, "ping", 0, "send a ping each `TIME` (default none)")
	f.DurationVar(&c.wait, "wait", time.Second,
		"after piped input, leave when nothing came for this `TIME`")
	f.BoolVar(&c.noHistory, "no-history", false, "neither read nor write the history file")
	f.BoolVar(&c.prompt, "prompt", false, "print banner and prompts even without a terminal")
	f.BoolVar(&c.json, "json", false, "print each event as a JSON object")
	f.BoolVarP(&c.quiet, "quiet", "q", false, "print messages only: no banner, no notices")
}

// dialOptions makes of the flags what the client wants.
func (c *connectRun) dialOptions(cmd *cobra.Command) (*wsclient.Options, error) {
	if c.ping < 0 || c.wait < 0 || c.timeout <= 0 {
		return nil, cli.Usagef(cmd, "--ping and --wait cannot be negative, and --timeout must be positive")
	}
	h, err := parseHeaders(c.headers)
	if err != nil {
		return nil, cli.Usagef(cmd, "%w", err)
	}
	if c.origin != "" {
		h.Set("Origin", c.origin)
	}
	t := &tls.Config{InsecureSkipVerify: c.insecure}
	if c.ca != "" {
		if t.RootCAs, err = readCertificates(c.ca); err != nil {
			return nil, err
		}
	}
	return &wsclient.Options{
		Header: h, Subprotocols: c.subprotocols, Deflate: c.compress, TLS: t, MaxMessage: maxMessage,
	}, nil
}

func readCertificates(file string) (*x509.CertPool, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read certificates: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(data) {
		return nil, fmt.Errorf("read certificates: %s has no certificate in PEM form", file)
	}
	return pool, nil
}

// run connects, talks, and leaves.
func (c *connectRun) run(ctx context.Context, e *cli.Env, o *wsclient.Options) error {
	dialing, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	client, res, err := wsclient.Dial(dialing, c.target.String(), o)
	if err != nil {
		if ctx.Err() != nil {
			return cli.ErrInterrupted
		}
		if errors.Is(err, context.DeadlineExceeded) {
			return fmt.Errorf("cannot connect to %s: no answer within %s", c.target.Redacted(), c.timeout)
		}
		return explainDial(c.target.Redacted(), err)
	}
	defer client.CloseNow()
	input, view, restore, err := c.surface(e)
	if err != nil {
		return err
	}
	defer restore()
	view.open(c.target.Redacted(), res.Header.Get("Sec-WebSocket-Protocol"))
	s := &session{client: client, input: input, view: view, wait: c.wait, ping: c.ping}
	return s.run(ctx)
}

// explainDial says in plain words why there is no connection.
func explainDial(target string, err error) error {
	var refused *wsclient.RefusedError
	if !errors.As(err, &refused) {
		return fmt.Errorf("cannot connect to %s: %w%s", target, rootCause(err), hint(err))
	}
	text := fmt.Sprintf("cannot connect to %s: %d %s", target,
		refused.Status, http.StatusText(refused.Status))
	if meaning := statusMeaning(refused.Status); meaning != "" {
		text += ": " + meaning
	}
	if to := refused.Header.Get("Location"); to != "" {
		text += "\nLocation: " + terminal.Visible(to)
	}
	if len(refused.Body) > 0 {
		text += "\n" + terminal.Visible(string(refused.Body))
	}
	return errors.New(text)
}
