package wsclient

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/tyg-dev/tyg/internal/redact"
	"github.com/tyg-dev/tyg/internal/ws"
)

const (
	defaultMaxMessage = 1 << 20
	// How much of a refusal's body is kept, in bytes.
	maxRefusalBody = 4 << 10
	// For how long it is waited for.
	bodyPatience = time.Second
	// How large the response to a handshake may be, in bytes.
	maxResponse = 1 << 20
)

// Options are the options of [Dial]. The zero value is usable.
type Options struct {
	// Header is sent with the handshake, its names as they are spelt. A Host in it is used; the
	// handshake's own headers are replaced.
	Header http.Header

	Subprotocols []string // in order of preference

	// Deflate offers permessage-deflate. If the server grants it every message is compressed.
	Deflate bool

	TLS *tls.Config // for wss; not changed

	// NetDial makes the connection, without TLS. Nil means the DialContext of a zero [net.Dialer].
	NetDial func(ctx context.Context, network, addr string) (net.Conn, error)

	MaxMessage int // longest message to receive, in bytes; 0 means 1 MiB

	// MaxFrame is the longest payload of a frame to send, in bytes: a longer message is sent in
	// several frames. 0 means one frame for each message, of any length.
	MaxFrame int
}

// A RefusedError is a server's answer other than 101.
type RefusedError struct {
	Status int
	Header http.Header
	Body   []byte // its first 4 KB
}

// Error returns the status, and the body if it is short.
func (e *RefusedError) Error() string {
	s := fmt.Sprintf("server refused the WebSocket with %d", e.Status)
	if body := bytes.TrimSpace(e.Body); len(body) > 0 && len(body) <= 200 {
		s += fmt.Sprintf(": %q", body)
	}
	return s
}

// Dial opens a WebSocket. The scheme of the address is ws, wss, http or https; a user and password
// in it are sent as basic authentication. A nil o means the zero value. The context bounds the
// handshake only. Dial uses no proxy and follows no redirect.
//
// The response is not nil if the server sent one, even with an error; its body is in memory. If the
// status is not 101, the error is a [*RefusedError].
func Dial(ctx context.Context, address string, o *Options) (*Conn, *http.Response, error) {
	u, err := parseAddress(address)
	if err != nil {
		return nil, nil, err
	}
	d := &dialer{url: u, secure: u.Scheme == "wss" || u.Scheme == "https", key: newKey()}
	if o != nil {
		d.options = *o
	}
	c, res, err := d.dial(ctx)
	if err != nil {
		return nil, res, fmt.Errorf("dial %s: %w", redact.URL(u), err)
	}
	return c, res, nil
}

// A dialer does one call of Dial.
type dialer struct {
	options Options
	url     *url.URL
	secure  bool
	key     string
}

func parseAddress(address string) (*url.URL, error) {
	u, err := url.Parse(address)
	switch {
	case err != nil:
		return nil, fmt.Errorf("parse address: %w", errors.Unwrap(err)) // without the address
	case !slices.Contains([]string{"ws", "wss", "http", "https"}, u.Scheme):
		return nil, fmt.Errorf("parse address: scheme %q is none of ws, wss, http, https", u.Scheme)
	case u.Hostname() == "":
		return nil, errors.New("parse address: host is missing")
	case strings.Contains(u.Hostname(), ":") && !strings.HasPrefix(u.Host, "["):
		return nil, errors.New("parse address: an IPv6 address needs brackets, such as [::1]:8000")
	// RFC 6455 section 3.
	case u.Fragment != "":
		return nil, errors.New("parse address: a WebSocket address has no #fragment")
	}
	return u, nil
}

func newKey() string {
	var key [ws.KeySize]byte
	_, _ = rand.Read(key[:]) // never fails
	return base64.StdEncoding.EncodeToString(key[:])
}

func (d *dialer) dial(ctx context.Context) (*Conn, *http.Response, error) {
	conn, err := d.connect(ctx)
	if err != nil {
		return nil, nil, err
	}
	c, res, err := d.handshake(ctx, conn)
	if err != nil {
		_ = conn.Close()
		return nil, res, err
	}
	return c, res, nil
}

func (d *dialer) connect(ctx context.Context) (net.Conn, error) {
	dial := d.options.NetDial
	if dial == nil {
		dial = new(net.Dialer).DialContext
	}
	conn, err := dial(ctx, "tcp", d.address())
	if err != nil || !d.secure {
		return conn, err
	}
	t := tls.Client(conn, d.tlsConfig())
	if err := t.HandshakeContext(ctx); err != nil {
		_ = conn.Close()
		return nil, err
	}
	return t, nil
}

func (d *dialer) address() string {
	port := d.url.Port()
	switch {
	case port != "":
	case d.secure:
		port = "443"
	default:
		port = "80"
	}
	return net.JoinHostPort(d.url.Hostname(), port)
}

func (d *dialer) tlsConfig() *tls.Config {
	c := new(tls.Config)
	if d.options.TLS != nil {
		c = d.options.TLS.Clone()
	}
	if c.ServerName == "" {
		c.ServerName = d.url.Hostname()
	}
	if c.NextProtos == nil {
		c.NextProtos = []string{"http/1.1"}
	}
	return c
}
