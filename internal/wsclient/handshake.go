package wsclient

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/tyg-dev/tyg/internal/ws"
)

// handshake opens the WebSocket on conn. It prefers the error of the context to the error of the
// socket that it causes.
func (d *dialer) handshake(ctx context.Context, conn net.Conn) (*Conn, *http.Response, error) {
	release := interrupt(ctx, conn.SetDeadline)
	limited := &io.LimitedReader{R: conn, N: maxResponse}
	br := bufio.NewReader(limited)
	res, err := d.roundTrip(conn, br)
	if err != nil && res == nil && limited.N == 0 {
		err = fmt.Errorf("read handshake: the response is over %d MB", maxResponse>>20)
	}
	if stopped := release(); stopped != nil {
		return nil, res, stopped
	}
	if err != nil {
		return nil, res, err
	}
	return d.acceptUpgrade(conn, br, res)
}

func (d *dialer) roundTrip(conn net.Conn, br *bufio.Reader) (*http.Response, error) {
	req := d.request()
	wrote := req.Write(conn)
	// A server that refuses at once may have answered although it could not be written to.
	res, err := readResponse(br, req)
	switch {
	case err != nil && wrote != nil && !isAlert(err):
		return nil, fmt.Errorf("write handshake: %w", wrote)
	case err != nil:
		return nil, fmt.Errorf("read handshake: %w", err)
	}
	if res.StatusCode == http.StatusSwitchingProtocols {
		return res, nil
	}
	// The body is for information only, so a part of it will do, and what comes soon: the stream of a
	// server that knows no WebSocket has no end.
	late := time.AfterFunc(bodyPatience, func() { _ = conn.SetReadDeadline(time.Unix(1, 0)) })
	body, _ := io.ReadAll(io.LimitReader(res.Body, maxRefusalBody))
	late.Stop()
	res.Body = io.NopCloser(bytes.NewReader(body))
	return res, &RefusedError{Status: res.StatusCode, Header: res.Header, Body: body}
}

// isAlert reports an alert of TLS that the server has sent.
func isAlert(err error) bool {
	op, ok := errors.AsType[*net.OpError](err)
	return ok && op.Op == "remote error"
}

// readResponse reads the response and skips informational ones.
func readResponse(br *bufio.Reader, req *http.Request) (*http.Response, error) {
	for {
		res, err := http.ReadResponse(br, req)
		if err != nil {
			return nil, err
		}
		if res.StatusCode >= 200 || res.StatusCode == http.StatusSwitchingProtocols {
			return res, nil
		}
	}
}

func (d *dialer) request() *http.Request {
	h := http.Header{}
	host, authorized := d.url.Host, false
	for name, values := range d.options.Header {
		switch key := http.CanonicalHeaderKey(name); key {
		case "Host":
			if len(values) > 0 && values[0] != "" {
				host = values[0]
			}
			continue
		case "Authorization":
			authorized = authorized || len(values) > 0 && values[0] != ""
		case "User-Agent", "Content-Length", "Transfer-Encoding", "Trailer":
			name = key // net/http knows them by that name only
		}
		h[name] = append(h[name], values...)
	}
	if len(h.Values("User-Agent")) == 0 {
		h.Set("User-Agent", "tyg")
	}
	req := &http.Request{
		Method: http.MethodGet, URL: d.url, Host: host, Header: h,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}
	if password, ok := d.url.User.Password(); ok && !authorized {
		req.SetBasicAuth(d.url.User.Username(), password)
	}
	d.setHandshake(h)
	return req
}

// setHandshake sets the headers of the handshake, in the spelling of the RFC, which some servers
// insist on.
func (d *dialer) setHandshake(h http.Header) {
	maps.DeleteFunc(h, func(name string, _ []string) bool {
		return slices.ContainsFunc([]string{
			"Connection", "Upgrade", ws.HeaderKey, ws.HeaderVersion, ws.HeaderProtocol, ws.HeaderExtensions,
		}, func(own string) bool { return strings.EqualFold(name, own) })
	})
	h["Connection"] = []string{"Upgrade"}
	h["Upgrade"] = []string{"websocket"}
	h[ws.HeaderVersion] = []string{"13"}
	h[ws.HeaderKey] = []string{d.key}
	if len(d.options.Subprotocols) > 0 {
		h[ws.HeaderProtocol] = []string{strings.Join(d.options.Subprotocols, ", ")}
	}
	if d.options.Deflate {
		h[ws.HeaderExtensions] = []string{new(ws.Deflate).String()}
	}
}

// acceptUpgrade checks the 101 as RFC 6455 section 4.1 demands, and makes the client.
func (d *dialer) acceptUpgrade(
	conn net.Conn, br *bufio.Reader, res *http.Response,
) (*Conn, *http.Response, error) {
	res.Body = http.NoBody
	subprotocol := res.Header.Get(ws.HeaderProtocol)
	switch {
	case !ws.HasElement(res.Header.Values("Upgrade"), "websocket"):
		return nil, res, errors.New("server's 101 lacks Upgrade: websocket")
	case !ws.HasElement(res.Header.Values("Connection"), "upgrade"):
		return nil, res, errors.New("server's 101 lacks Connection: Upgrade")
	case res.Header.Get(ws.HeaderAccept) != ws.AcceptKey(d.key):
		return nil, res, errors.New("server's " + ws.HeaderAccept + " does not match")
	case subprotocol != "" && !slices.Contains(d.options.Subprotocols, subprotocol):
		return nil, res, fmt.Errorf("server chose subprotocol %q, not offered", subprotocol)
	}
	deflate, err := d.deflateGranted(res.Header.Values(ws.HeaderExtensions))
	if err != nil {
		return nil, res, err
	}
	received, _ := br.Peek(br.Buffered()) // cannot fail
	c := newConn(conn, d.options.MaxMessage, subprotocol, deflate, received)
	c.maxFrame = d.options.MaxFrame
	return c, res, nil
}

// deflateGranted reports whether the server agreed to permessage-deflate as the client offered it.
func (d *dialer) deflateGranted(lines []string) (bool, error) {
	if len(lines) == 0 {
		return false, nil
	}
	answer, ok := ws.ParseAnswer(lines)
	// RFC 7692 section 7.1.1.1: a server that accepts the offer repeats server_no_context_takeover;
	// section 7.1.2.2: it must not set a window for a client that did not offer one.
	if !d.options.Deflate || !ok || !answer.ServerNoContext || answer.ClientMaxWindowBits != 0 {
		return false, fmt.Errorf("server chose extensions %q, not offered", lines)
	}
	return true, nil
}
