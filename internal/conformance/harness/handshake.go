package harness

import (
	"bufio"
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// The key of every handshake, and the Sec-WebSocket-Accept that answers it: the sample of RFC 6455
// section 1.3.
const (
	sampleKey    = "dGhlIHNhbXBsZSBub25jZQ=="
	SampleAccept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
)

// A Request is a handshake, as text that may be wrong in any way.
type Request struct {
	Method, Target, Proto string
	Header                [][2]string
	Body                  string
}

// Set replaces a header, where it was or at the end.
func (r *Request) Set(name, value string) {
	for i, h := range r.Header {
		if h[0] == name {
			r.Header[i][1] = value
			return
		}
	}
	r.Add(name, value)
}

// Add appends a header.
func (r *Request) Add(name, value string) { r.Header = append(r.Header, [2]string{name, value}) }

// Del removes a header.
func (r *Request) Del(name string) {
	r.Header = slices.DeleteFunc(r.Header, func(h [2]string) bool { return h[0] == name })
}

// String returns the request as it is sent.
func (r *Request) String() string {
	var b strings.Builder
	b.WriteString(r.Method + " " + r.Target + " " + r.Proto + "\r\n")
	for _, h := range r.Header {
		b.WriteString(h[0] + ": " + h[1] + "\r\n")
	}
	b.WriteString("\r\n" + r.Body)
	return b.String()
}

// A Response is the response to an HTTP request.
type Response struct {
	Status int // 0: the connection was closed without a response
	Header http.Header
	Body   string

	Conn net.Conn      // of a handshake
	Rest *bufio.Reader // the bytes after the response
}

// Handshake sends a handshake with commands for the probe, such as "connect=status:201". change may
// make it invalid; nil changes nothing.
func (t *T) Handshake(change func(r *Request), commands ...string) *Response {
	u, err := url.Parse(t.Endpoint.URL)
	t.Check("parse URL", err)
	r := &Request{
		Method: "GET", Target: u.EscapedPath() + "?" + query(commands), Proto: "HTTP/1.1",
		Header: [][2]string{
			{"Host", u.Host},
			{"Connection", "Upgrade"},
			{"Upgrade", "websocket"},
			{"Sec-WebSocket-Version", "13"},
			{"Sec-WebSocket-Key", sampleKey},
		},
	}
	if u.Path == "" {
		r.Target = "/" + r.Target
	}
	if change != nil {
		change(r)
	}
	conn := t.dialSocket(u)
	// A server may respond, and close, before it has read all of what it refuses.
	_, _ = io.WriteString(conn, r.String())
	return t.readResponse(conn, r.Method)
}

// dialSocket connects a socket to the host of a URL.
func (t *T) dialSocket(u *url.URL) net.Conn {
	ctx, cancel := t.timeout()
	defer cancel()
	secure := u.Scheme == "wss" || u.Scheme == "https"
	port := u.Port()
	if port == "" && secure {
		port = "443"
	} else if port == "" {
		port = "80"
	}
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", net.JoinHostPort(u.Hostname(), port))
	t.Check("open socket", err)
	if secure {
		conn = t.startTLS(ctx, conn, u.Hostname())
	}
	t.onEnd(func() { _ = conn.Close() }) // the case has ended
	t.Check("set deadline", conn.SetDeadline(time.Now().Add(t.Target.Patience)))
	return conn
}

func (t *T) startTLS(ctx context.Context, conn net.Conn, host string) net.Conn {
	config := t.tls()
	config.NextProtos = []string{"http/1.1"}
	if config.ServerName == "" {
		config.ServerName = host
	}
	s := tls.Client(conn, config)
	if err := s.HandshakeContext(ctx); err != nil {
		_ = conn.Close() // the error of the handshake counts
		t.Failf("TLS handshake: %v", err)
	}
	return s
}

// maxReceived is how much an endpoint may send on a socket that a case reads itself, in bytes.
const maxReceived = 16 << 20

// readResponse reads the response to a request. What follows a 101 is not its body.
func (t *T) readResponse(conn net.Conn, method string) *Response {
	a := &Response{Conn: conn, Rest: bufio.NewReader(io.LimitReader(conn, maxReceived))}
	res, err := http.ReadResponse(a.Rest, &http.Request{Method: method})
	if err != nil {
		if IsTimeout(err) {
			t.Failf("the handshake got no response")
		}
		return a
	}
	a.Status, a.Header = res.StatusCode, res.Header
	if a.Status != http.StatusSwitchingProtocols {
		const most = 64 << 10
		body, _ := io.ReadAll(io.LimitReader(res.Body, most)) // what arrived is enough
		a.Body = string(body)
		_ = res.Body.Close() // it is in memory
	}
	return a
}

// ExpectStatus sends a handshake with commands and expects a status.
func (t *T) ExpectStatus(status int, commands ...string) *Response {
	a := t.Handshake(nil, commands...)
	t.Equal("status of the handshake", a.Status, status)
	return a
}
