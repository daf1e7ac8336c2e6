package lambda_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/apigw"
	"github.com/tyg-dev/tyg/gateway"
	"github.com/tyg-dev/tyg/internal/ws"
	"github.com/tyg-dev/tyg/lambda"
	"github.com/tyg-dev/tyg/tygtest"
)

// TestSender runs the suite over signed requests to a gateway.
func TestSender(t *testing.T) { tygtest.TestSender(t, behindGateway) }

// TestHost runs the suite over a gateway that does with a function what API Gateway does: events go
// in and replies come out as JSON, and what the function sends comes over @connections.
func TestHost(t *testing.T) { tygtest.TestHost(t, behindGateway) }

func behindGateway(t *testing.T, h tyg.Handler) tygtest.Subject {
	t.Helper()
	f := &function{app: h}
	srv := &gateway.Server{
		Handler: f, Logger: quiet,
		Secrets: map[string]string{key.AccessKeyID: key.SecretAccessKey},
	}
	web := httptest.NewServer(srv)
	idle := &http.Client{Transport: new(http.Transport)}
	cfg := lambda.SenderConfig{
		Endpoint: web.URL + "/api", Region: "eu-central-1", Credentials: key, HTTPClient: idle,
	}
	sender, err := lambda.NewSender(cfg)
	if err != nil {
		t.Fatal(err)
	}
	f.host = newHost(t, informed{h}, lambda.Config{SenderConfig: cfg})
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := srv.Shutdown(ctx); err != nil {
			t.Errorf("Shutdown: %v", err)
		}
		idle.CloseIdleConnections()
		web.Close()
	})
	return tygtest.Subject{Sender: sender, Dial: func(ctx context.Context, d tygtest.Dial) (tygtest.Socket, error) {
		return dial(ctx, t, web.URL+"/api/?"+d.Query.Encode(), d)
	}}
}

// function is the Handler of a gateway whose events go through a Host.
type function struct {
	app  tyg.Handler
	host *lambda.Host
}

func (f *function) Handle(ctx context.Context, e tyg.Event) (tyg.Reply, error) {
	event, err := apigw.MarshalEvent(e)
	if err != nil {
		return tyg.Reply{}, err
	}
	reply, err := f.host.Invoke(context.WithValue(ctx, subprotocol{}, e.Conn.Subprotocol), event)
	if err != nil {
		return tyg.Reply{}, errors.New("function failed") // as much as API Gateway looks at
	}
	return apigw.UnmarshalReply(reply)
}

// Describe returns what deploy would tell API Gateway.
func (f *function) Describe() tyg.Description { return tyg.Describe(f.app) }

// informed is a Handler that is told the subprotocol of a connection, which the suite asks for and API
// Gateway's events do not have.
type informed struct{ tyg.Handler }

type subprotocol struct{}

func (h informed) Handle(ctx context.Context, e tyg.Event) (tyg.Reply, error) {
	e.Conn.Subprotocol, _ = ctx.Value(subprotocol{}).(string)
	return h.Handler.Handle(ctx, e)
}

func (h informed) Bind(s tyg.Sender) {
	tyg.Bind(h.Handler, s)
}

// dial connects a client as the suites want it.
func dial(ctx context.Context, t *testing.T, url string, d tygtest.Dial) (tygtest.Socket, error) {
	c, _, err := ws.Dial(ctx, url, &ws.DialOptions{Header: d.Header, Subprotocols: d.Subprotocols})
	if refused, ok := errors.AsType[*ws.RefusedError](err); ok {
		return nil, &tygtest.Refused{Status: refused.Status, Body: string(refused.Body)}
	}
	if err != nil {
		return nil, err
	}
	t.Cleanup(func() { _ = c.CloseNow() })
	return socket{c}, nil
}

type socket struct{ *ws.Client }

func (s socket) Write(ctx context.Context, text string) error {
	const most = 32 << 10 // API Gateway's limit for one frame
	for first := true; first || text != ""; first = false {
		part := text[:min(most, len(text))]
		text = text[len(part):]
		op := ws.OpContinuation
		if first {
			op = ws.OpText
		}
		if err := s.WriteRaw(ctx, clientFrame(op, text == "", part)); err != nil {
			return err
		}
	}
	return nil
}

// clientFrame is one masked frame.
func clientFrame(op ws.Opcode, fin bool, payload string) []byte {
	h := ws.Header{Fin: fin, Opcode: op, Masked: true, Mask: [4]byte{1, 2, 3, 4}, Length: int64(len(payload))}
	b := ws.AppendHeader(nil, h)
	n := len(b)
	b = append(b, payload...)
	ws.Mask(b[n:], h.Mask)
	return b
}

func (s socket) Read(ctx context.Context) (string, error) {
	_, data, err := s.Client.Read(ctx)
	if closed, ok := errors.AsType[*ws.CloseError](err); ok {
		return "", &tygtest.Closed{Code: closed.Code, Reason: closed.Reason}
	}
	if err != nil && ctx.Err() == nil {
		return "", &tygtest.Closed{Code: ws.CloseAbnormal, Reason: err.Error()}
	}
	return string(data), err
}

func (s socket) Drop() error { return s.CloseNow() }
