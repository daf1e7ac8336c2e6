package connect

import (
	"bufio"
	"cmp"
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"

	netproxy "golang.org/x/net/proxy"

	"github.com/tyg-dev/tyg/internal/redact"
	"github.com/tyg-dev/tyg/internal/visible"
)

// A proxyError is why a proxy did not open a connection.
type proxyError struct {
	proxy *url.URL
	err   error
}

func (e *proxyError) Error() string {
	return fmt.Sprintf("proxy %s: %v", redact.URL(e.proxy), e.err)
}

func (e *proxyError) Unwrap() error { return e.err }

// A netDial opens the connections of a client.
type netDial = func(ctx context.Context, network, addr string) (net.Conn, error)

// proxyDial returns the function that opens connections through the proxy for the target, or nil
// if there is none. A client asks a proxy for wss as for https, and for ws as for http
// (RFC 6455 section 4.1).
func (c *Config) proxyDial() (netDial, error) {
	if c.Proxy == nil {
		return nil, nil
	}
	web := *c.Target
	web.Scheme = map[string]string{"ws": "http", "wss": "https"}[c.Target.Scheme]
	proxy, err := c.Proxy(&http.Request{URL: &web})
	if err != nil {
		return nil, fmt.Errorf("environment of proxies: %w", err)
	}
	if proxy == nil {
		return nil, nil
	}
	open := c.tunnel
	switch proxy.Scheme {
	case "http", "https":
	case "socks5", "socks5h":
		open = socks
	default:
		return nil, fmt.Errorf("proxy %s: its scheme is not one of http, https, socks5",
			redact.URL(proxy))
	}
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := open(ctx, network, proxy, addr)
		if err != nil {
			err = &proxyError{proxy, cmp.Or(ctx.Err(), err)} // of a deadline the socket's error says less
		}
		return conn, err
	}, nil
}

// tunnel connects to a proxy, and makes it connect to addr.
func (c *Config) tunnel(
	ctx context.Context, network string, proxy *url.URL, addr string,
) (net.Conn, error) {
	port := proxy.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[proxy.Scheme]
	}
	at := net.JoinHostPort(proxy.Hostname(), port)
	conn, err := new(net.Dialer).DialContext(ctx, network, at)
	if err != nil {
		return nil, err
	}
	if proxy.Scheme == "https" {
		t := c.Dial.TLS.Clone()
		if t == nil {
			t = new(tls.Config)
		}
		t.ServerName = proxy.Hostname()
		conn = tls.Client(conn, t)
	}
	cut := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	err = askFor(conn, proxy, addr)
	if !cut() { // the deadline is set, or will be
		err = errors.Join(err, ctx.Err())
	}
	if err != nil {
		_ = conn.Close()
		return nil, err
	}
	return conn, nil
}

// socks connects through a SOCKS5 proxy, which also looks up the name of the host (RFC 1928).
func socks(ctx context.Context, network string, proxy *url.URL, addr string) (net.Conn, error) {
	port := proxy.Port()
	if port == "" {
		port = "1080"
	}
	var auth *netproxy.Auth
	if u := proxy.User; u != nil {
		password, _ := u.Password()
		auth = &netproxy.Auth{User: u.Username(), Password: password}
	}
	at := net.JoinHostPort(proxy.Hostname(), port)
	d, err := netproxy.SOCKS5(network, at, auth, new(net.Dialer))
	if err != nil {
		return nil, err
	}
	return d.(netproxy.ContextDialer).DialContext(ctx, network, addr)
}

// maxProxyHead is the length limit of the head of a proxy's answer, in bytes.
const maxProxyHead = 64 << 10

// askFor asks a proxy for a connection to addr (RFC 9110 section 9.3.6).
func askFor(conn net.Conn, proxy *url.URL, addr string) error {
	req := &http.Request{
		Method: http.MethodConnect, URL: &url.URL{Opaque: addr}, Host: addr,
		Header: http.Header{"User-Agent": {userAgent()}},
	}
	if u := proxy.User; u != nil {
		password, _ := u.Password()
		basic := base64.StdEncoding.EncodeToString([]byte(u.Username() + ":" + password))
		req.Header.Set("Proxy-Authorization", "Basic "+basic)
	}
	if err := req.Write(conn); err != nil {
		return err
	}
	head := &io.LimitedReader{R: conn, N: maxProxyHead}
	br := bufio.NewReader(head)
	res, err := http.ReadResponse(br, req)
	if err != nil && head.N <= 0 {
		return fmt.Errorf("the head of its answer does not end within %d KB", maxProxyHead>>10)
	}
	if err != nil {
		return fmt.Errorf("read its answer: %w", err)
	}
	if res.StatusCode == http.StatusProxyAuthRequired {
		return fmt.Errorf("it answered %s; its URL names the user: %s://NAME:PASSWORD@%s", res.Status,
			proxy.Scheme, proxy.Host)
	}
	if res.StatusCode/100 != 2 {
		return fmt.Errorf("it answered %s to CONNECT %s", visible.Line(res.Status), addr)
	}
	if br.Buffered() > 0 { // of a tunnel in which the client speaks first
		return errors.New("its answer is followed by bytes of its own")
	}
	return nil
}
