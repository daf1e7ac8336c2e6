// Package wstest lets the suites of package tygtest drive hosts that serve real sockets.
package wstest

import (
	"context"
	"crypto/tls"
	"errors"
	"testing"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/apigw"
	"github.com/tyg-dev/tyg/internal/ws"
	"github.com/tyg-dev/tyg/internal/wsclient"
	"github.com/tyg-dev/tyg/tygtest"
)

// Dial connects a client to a URL, whose query it adds from d, and drops it when the test ends. A
// nil config trusts what the system trusts.
func Dial(
	ctx context.Context, t testing.TB, url string, d tygtest.Dial, config *tls.Config,
) (tygtest.Socket, error) {
	if len(d.Query) > 0 {
		url += "?" + d.Query.Encode()
	}
	c, _, err := wsclient.Dial(ctx, url, &wsclient.Options{
		Header: d.Header, Subprotocols: d.Subprotocols, TLS: config, MaxFrame: apigw.MaxFrame,
	})
	if refused, ok := errors.AsType[*wsclient.RefusedError](err); ok {
		return nil, &tygtest.Refused{Status: refused.Status, Body: string(refused.Body)}
	}
	if err != nil {
		return nil, err
	}
	t.Cleanup(func() { _ = c.CloseNow() })
	return socket{c}, nil
}

type socket struct{ *wsclient.Conn }

func (s socket) Write(ctx context.Context, t tyg.MessageType, data string) error {
	op := ws.OpText
	if t == tyg.Binary {
		op = ws.OpBinary
	}
	return s.Conn.Write(ctx, op, []byte(data))
}

func (s socket) Read(ctx context.Context) (tyg.MessageType, string, error) {
	op, data, err := s.Conn.Read(ctx)
	if closed, ok := errors.AsType[*ws.CloseError](err); ok {
		return 0, "", &tygtest.Closed{Code: tyg.CloseCode(closed.Code), Reason: closed.Reason}
	}
	if err != nil && ctx.Err() == nil {
		return 0, "", &tygtest.Closed{Code: tyg.CloseAbnormal, Reason: err.Error()}
	}
	if op == ws.OpBinary {
		return tyg.Binary, string(data), err
	}
	return tyg.Text, string(data), err
}

func (s socket) Close(code tyg.CloseCode, reason string) error {
	return s.Conn.Close(int(code), reason)
}

func (s socket) Drop() error { return s.CloseNow() }

// Frame returns one masked frame.
func Frame(op ws.Opcode, fin bool, payload string) []byte {
	h := ws.Header{
		Fin: fin, Opcode: op, Masked: true, Mask: [4]byte{1, 2, 3, 4}, Length: int64(len(payload)),
	}
	b := ws.AppendHeader(nil, h)
	n := len(b)
	b = append(b, payload...)
	ws.Mask(b[n:], h.Mask)
	return b
}
