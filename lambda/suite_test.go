package lambda_test

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/apigw"
	"github.com/tyg-dev/tyg/gateway"
	"github.com/tyg-dev/tyg/internal/hostapi"
	"github.com/tyg-dev/tyg/internal/wstest"
	"github.com/tyg-dev/tyg/lambda"
	"github.com/tyg-dev/tyg/tygtest"
)

// TestSender runs the suite over signed requests to a gateway.
func TestSender(t *testing.T) {
	t.Parallel()
	tygtest.TestSender(t, behindGateway)
}

// TestHost runs the suite over a gateway that does with a function what API Gateway does: events go
// in and replies come out as JSON, and what the function sends comes over @connections.
func TestHost(t *testing.T) {
	t.Parallel()
	tygtest.TestHost(t, behindGateway)
}

// TestGroups runs the suite with groups and values in the gateway, over its API for them.
func TestGroups(t *testing.T) {
	t.Parallel()
	tygtest.TestGroups(t, behindGateway)
}

func behindGateway(t *testing.T, h tyg.Handler) tygtest.Subject {
	t.Helper()
	return behindNetwork(t, h, func(web http.RoundTripper) http.RoundTripper { return web })
}

// behindNetwork is behindGateway with a network of the test's own before the gateway.
func behindNetwork(
	t *testing.T, h tyg.Handler, network func(http.RoundTripper) http.RoundTripper,
) tygtest.Subject {
	t.Helper()
	f := &function{app: h}
	srv := &gateway.Server{
		Handler: f, Logger: quiet,
		Secrets:     map[string]string{key.AccessKeyID: key.SecretAccessKey},
		DrainWindow: -1,
	}
	web := httptest.NewServer(srv)
	idle := new(http.Transport)
	cfg := lambda.SenderConfig{
		Endpoint: web.URL + "/api", Region: "eu-central-1", Credentials: key,
		HTTPClient: &http.Client{Transport: network(idle)},
	}
	sender, err := lambda.NewSender(cfg)
	if err != nil {
		t.Fatal(err)
	}
	var invoked sync.WaitGroup // what the function has invoked itself for
	self := func(_ context.Context, payload []byte) error {
		payload = bytes.Clone(payload)
		invoked.Go(func() { _, _ = f.host.Invoke(t.Context(), payload) }) // waited for below
		return nil
	}
	f.host = newHost(t, informed{h}, lambda.Config{
		SenderConfig: cfg, GroupsEndpoint: cfg.Endpoint, Self: self,
	})
	t.Cleanup(func() {
		invoked.Wait()
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := srv.Shutdown(ctx); err != nil {
			t.Errorf("Shutdown: %v", err)
		}
		idle.CloseIdleConnections()
		web.Close()
	})
	return tygtest.Subject{
		Sender:   sender,
		LateOpen: true,
		Dial: func(ctx context.Context, d tygtest.Dial) (tygtest.Socket, error) {
			return wstest.Dial(ctx, t, web.URL+"/api/", d, nil)
		},
	}
}

// function is the Handler of a gateway whose events go through a Host.
type function struct {
	app  tyg.Handler
	host *lambda.Host
}

func (f *function) Handle(ctx context.Context, e tyg.Event) (tyg.Reply, error) {
	event, err := marshalEvent(e)
	if err != nil {
		return tyg.Reply{}, err
	}
	reply, err := f.host.Invoke(context.WithValue(ctx, subprotocol{}, e.Conn.Subprotocol), event)
	if err != nil {
		return tyg.Reply{}, errors.New("function failed") // as much as API Gateway looks at
	}
	if e.Type == tyg.EventLeave {
		return tyg.Reply{}, nil
	}
	return apigw.UnmarshalReply(reply)
}

// marshalEvent returns the payload of an event, as the Router of package functions makes it.
func marshalEvent(e tyg.Event) ([]byte, error) {
	if e.Type == tyg.EventLeave {
		return hostapi.AppendLeave(nil, e)
	}
	return apigw.MarshalEvent(e)
}

// Describe returns what deploy would tell API Gateway.
func (f *function) Describe() tyg.Description {
	d := tyg.Describe(f.app)
	d.Open = false // the function sees to that itself
	return d
}

// informed is a Handler that is told the subprotocol of a connection, which the suite asks for and
// API Gateway's events do not have.
type informed struct{ tyg.Handler }

type subprotocol struct{}

func (h informed) Handle(ctx context.Context, e tyg.Event) (tyg.Reply, error) {
	e.Conn.Subprotocol, _ = ctx.Value(subprotocol{}).(string)
	return h.Handler.Handle(ctx, e)
}

func (h informed) Describe() tyg.Description { return tyg.Describe(h.Handler) }

func (h informed) Bind(host tyg.Host) {
	tyg.Bind(h.Handler, host)
}
