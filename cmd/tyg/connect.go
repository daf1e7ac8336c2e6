package main

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/tyg-dev/tyg/cmd/internal/cli"
	"github.com/tyg-dev/tyg/cmd/internal/connect"
	"github.com/tyg-dev/tyg/cmd/internal/connect/script"
	"github.com/tyg-dev/tyg/internal/redact"
)

// maxMessage is the maximum length of a received message, in bytes.
const maxMessage = 64 << 20

// maxRedirects is how many redirects are followed.
const maxRedirects = 10

// day is the longest time of a flag.
const day = 24 * time.Hour

const connectHelp = `connect opens a WebSocket: each line of input is sent as one message, and each
received message is printed. URL may begin with ws://, wss://, http://, https:// or lack a scheme; the default is
` + connect.DefaultURL + `.

On a terminal there is a prompt with line editing and a history that is kept in
$XDG_STATE_HOME/tyg/history (except lines that begin with a space); Ctrl-R finds the last line that
contains what is typed, and again an older one. Ctrl-C or Ctrl-D leaves. JSON is printed in colour
and in lines, unless there is --raw (NO_COLOR=1: without colour). Control characters in messages are
printed as escapes such as \x1b. The line "/hex 00ff" is sent as a binary message of two bytes.

If input or output is not a terminal, there is no prompt: each line of input is sent, and messages
are printed unchanged. After the end of the input connect waits for the first answer until
--timeout, and for more until none has arrived for the time of --wait; then it closes the
connection. With --wait 0s it expects no answer. Binary messages are printed in hexadecimal. With
--binary all of the input is one binary message.

With -x MESSAGE connect sends the message, prints one answer and leaves. With --script FILE it sends
and expects what the file says, as a test: see docs/connect.md.

With --reconnect a lost connection is replaced, after a random time that grows with each attempt up
to 30 s; so is one that the server closes with 1001, 1011, 1012, 1013 or 1014, or refuses with 429
or 5xx.

A proxy is used as HTTPS_PROXY (for wss), HTTP_PROXY (for ws) and NO_PROXY say, or --proxy.

With --json each event is one JSON object in a line, whose "event" is open, sent, message, notice or
close, and with --verbose ping and pong.

Exit status:
  0    the connection was closed normally (1000, 1001 or no code), by either side
  1    no connection: refused (status and body are printed), or not reachable; or the script failed
  2    usage error
  3    the server closed with another code, or the connection was lost, or -x got a close
  4    no answer came to piped input or -x
  130  interrupted by a signal`

const connectExample = `  tyg connect
  tyg connect localhost:8000/api/
  tyg connect wss://example.com/chat -H 'Authorization: Bearer abc' -s chat.v1
  printf 'foo\nbar\n' | tyg connect --wait 3s
  echo '{"action":"status"}' | tyg connect --json wss://example.com/ | jq .
  tyg connect wss://example.com/ -x ping
  tyg connect wss://example.com/ --script login.txt`

// connectFlags has the flags of connect.
type connectFlags struct {
	connect.Config
	headers  []string
	origin   string
	insecure bool
	ca       string
	cert     string
	key      string
	proxy    string
	script   string
	location bool
}

func newConnect(e *cli.Env) *cobra.Command {
	c := &connectFlags{Config: connect.Config{Timeout: 10 * time.Second, Wait: time.Second}}
	cmd := &cobra.Command{
		Use:               "connect [URL]",
		SuggestFor:        []string{"client", "curl", "dial", "ws", "wscat"},
		Short:             "Talk to a WebSocket server, line by line",
		Long:              connectHelp,
		Example:           connectExample,
		Args:              cli.ExactArgs("[URL]"),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, args []string) error {
			target := connect.DefaultURL
			if len(args) > 0 {
				target = args[0]
			}
			var err error
			if c.Target, err = connect.ParseTarget(target); err != nil {
				return cli.Usagef(cmd, "%w", err)
			}
			if err := c.dialOptions(cmd); err != nil {
				return err
			}
			if err := c.readScript(cmd, e); err != nil {
				return err
			}
			return connect.Run(cmd.Context(), e, c.Config)
		},
	}
	c.addFlags(cmd)
	return cmd
}

func (c *connectFlags) addFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringArrayVarP(&c.headers, "header", "H", nil, "send the header `'Name: value'` (repeatable)")
	f.StringVar(&c.origin, "origin", "", "send this `ORIGIN`, as a browser does")
	f.StringArrayVarP(&c.Dial.Subprotocols, "subprotocol", "s", nil,
		"offer the subprotocol `NAME` (repeatable)")
	f.BoolVar(&c.Dial.Deflate, "compress", false, "offer permessage-deflate")
	f.BoolVar(&c.insecure, "insecure", false, "trust any TLS certificate")
	f.StringVar(&c.ca, "ca", "", "trust only the TLS certificates in the PEM `FILE`")
	cli.AddDuration(cmd, &c.Timeout, cli.Range[time.Duration]{
		Name: "timeout", Low: time.Millisecond, High: day,
		Usage: "give up connecting, and waiting for the first answer to piped input, after this `TIME`",
	})
	cli.AddDuration(cmd, &c.Ping, cli.Range[time.Duration]{
		Name: "ping", Low: time.Millisecond, High: day, Usage: "send a ping every `TIME` (default none)",
	})
	cli.AddDuration(cmd, &c.Wait, cli.Range[time.Duration]{
		Name: "wait", Low: 0, High: day,
		Usage: "after piped input and an answer, leave when no message arrives for this `TIME`",
	})
	f.StringVar(&c.cert, "cert", "", "show the server the TLS certificate in the PEM `FILE`")
	f.StringVar(&c.key, "key", "", "the private key of --cert is in the PEM `FILE`")
	f.StringVar(&c.proxy, "proxy", "", "connect through the proxy at `URL` (http, https or socks5)")
	f.BoolVarP(&c.location, "location", "L", false, "follow up to 10 redirects")
	f.BoolVar(&c.Reconnect, "reconnect", false, "connect again when the connection is lost")
	f.StringArrayVarP(&c.Messages, "execute", "x", nil,
		"send `MESSAGE`, print one answer and leave (repeatable)")
	f.StringVar(&c.script, "script", "", "send and expect what `FILE` says; - is standard input")
	f.BoolVar(&c.Binary, "binary", false, "send binary messages")
	f.BoolVarP(&c.Timestamps, "timestamps", "t", false, "print the time before each message")
	f.BoolVarP(&c.Verbose, "verbose", "v", false, "print the handshake's headers, pings and pongs")
	f.BoolVar(&c.Raw, "raw", false, "on a terminal, print JSON as it came")
	f.BoolVar(&c.NoHistory, "no-history", false, "do not use the history file")
	f.BoolVar(&c.Prompt, "prompt", false, "print banner and prompts even without a terminal")
	f.BoolVar(&c.JSON, "json", false, "print each event as a JSON object")
	f.BoolVarP(&c.Quiet, "quiet", "q", false, "print only messages")
}

// dialOptions checks the flags and completes the options of the client.
func (c *connectFlags) dialOptions(cmd *cobra.Command) error {
	h, err := connect.ParseHeaders(c.headers)
	if err != nil {
		return cli.Usagef(cmd, "%w", err)
	}
	if c.origin != "" {
		origin, err := connect.ParseHeaders([]string{"Origin: " + c.origin})
		if err != nil {
			return cli.Usagef(cmd, "--origin %q: %w", c.origin, err)
		}
		h.Set("Origin", origin.Get("Origin"))
	}
	if err := connect.CheckSubprotocols(c.Dial.Subprotocols); err != nil {
		return cli.Usagef(cmd, "--subprotocol %w", err)
	}
	t := &tls.Config{InsecureSkipVerify: c.insecure}
	if c.ca != "" {
		if t.RootCAs, err = readCertificates(c.ca); err != nil {
			return err
		}
	}
	if t.Certificates, err = c.certificates(cmd); err != nil {
		return err
	}
	if c.location {
		c.Redirects = maxRedirects
	}
	c.Dial.Header, c.Dial.TLS, c.Dial.MaxMessage = h, t, maxMessage
	return c.setProxy(cmd)
}

// certificates returns those of the client.
func (c *connectFlags) certificates(cmd *cobra.Command) ([]tls.Certificate, error) {
	if c.cert == "" && c.key == "" {
		return nil, nil
	}
	switch {
	case c.key == "":
		return nil, cli.Usagef(cmd, "--cert %q has no --key beside it", c.cert)
	case c.cert == "":
		return nil, cli.Usagef(cmd, "--key %q has no --cert beside it", c.key)
	}
	own, err := tls.LoadX509KeyPair(c.cert, c.key)
	if err != nil {
		return nil, fmt.Errorf("read the client's certificate: %w", err)
	}
	return []tls.Certificate{own}, nil
}

func (c *connectFlags) setProxy(cmd *cobra.Command) error {
	c.Proxy = http.ProxyFromEnvironment
	if c.proxy == "" {
		return nil
	}
	u, err := url.Parse(c.proxy)
	if err != nil || u.Hostname() == "" ||
		!slices.Contains([]string{"http", "https", "socks5", "socks5h"}, u.Scheme) {
		return cli.Usagef(cmd, "--proxy %q: use a URL such as http://host:3128 or "+
			"socks5://host:1080", redact.Text(c.proxy))
	}
	c.Proxy = http.ProxyURL(u)
	return nil
}

// readScript reads the file of --script, and refuses flags that mean something else.
func (c *connectFlags) readScript(cmd *cobra.Command, e *cli.Env) error {
	if c.script == "" {
		return nil
	}
	for _, other := range []string{"execute", "binary", "reconnect", "prompt", "ping"} {
		if cmd.Flags().Changed(other) {
			return cli.Usagef(cmd, "--script and --%s exclude each other", other)
		}
	}
	name, source := c.script, io.Reader(e.Stdin)
	if name == "-" {
		name = "stdin"
	} else {
		f, err := os.Open(name)
		if err != nil {
			return fmt.Errorf("read script: %w", err)
		}
		defer f.Close()
		source = f
	}
	data, err := io.ReadAll(io.LimitReader(source, script.MaxSize+1))
	if err != nil {
		return fmt.Errorf("read script: %w", err)
	}
	c.Script, err = script.Parse(name, data)
	return err
}

// readCertificates reads the certificates in a PEM file.
func readCertificates(file string) (*x509.CertPool, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read certificates: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(data) {
		return nil, fmt.Errorf("read certificates: %s has no PEM certificate", file)
	}
	return pool, nil
}
