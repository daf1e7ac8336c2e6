package lambda_test

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/gateway"
	"github.com/tyg-dev/tyg/internal/grouptable"
	"github.com/tyg-dev/tyg/internal/grouptable/tabletest"
	"github.com/tyg-dev/tyg/internal/wstest"
	"github.com/tyg-dev/tyg/lambda"
	"github.com/tyg-dev/tyg/tygtest"
)

// TestGroupsInTable runs the suite over a function that keeps groups in a table, behind a gateway
// that knows as little of them as API Gateway.
func TestGroupsInTable(t *testing.T) {
	t.Parallel()
	tygtest.TestGroups(t, withTable)
}

// TestHostWithTable runs the suite for hosts with what a table adds to connect and disconnect.
func TestHostWithTable(t *testing.T) {
	t.Parallel()
	tygtest.TestHost(t, withTable)
}

// newTable opens a new table.
func newTable(t *testing.T) *grouptable.Table {
	t.Helper()
	table, err := grouptable.Open(tabletest.Config(t))
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func withTable(t *testing.T, h tyg.Handler) tygtest.Subject {
	t.Helper()
	f := &tableFunction{function{app: h}}
	srv := &gateway.Server{
		Handler: f, Logger: quiet,
		Secrets:     map[string]string{key.AccessKeyID: key.SecretAccessKey},
		DrainWindow: -1,
	}
	web := httptest.NewServer(srv)
	idle := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 100}}
	cfg := lambda.SenderConfig{
		Endpoint: web.URL + "/api", Region: "eu-central-1", Credentials: key, HTTPClient: idle,
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
		SenderConfig: cfg, Self: self, Groups: newTable(t), Everyone: true,
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
		Sender: sender, LateOpen: true,
		Dial: func(ctx context.Context, d tygtest.Dial) (tygtest.Socket, error) {
			return wstest.Dial(ctx, t, web.URL+"/api/", d, nil)
		},
	}
}

// A tableFunction has the routes that "tyg deploy" adds for a program with groups.
type tableFunction struct{ function }

func (f *tableFunction) Describe() tyg.Description {
	d := f.function.Describe()
	d.Leave = false
	d.Routes = slices.Clone(d.Routes)
	for _, key := range []string{tyg.RouteConnect, tyg.RouteDisconnect} {
		if !slices.Contains(d.Keys(), key) {
			d.Routes = append(d.Routes, tyg.Route{Key: key})
		}
	}
	return d
}
