package tyg_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/tygtest"
)

// countingHost counts what is sent.
type countingHost struct {
	tyg.Host
	name  string
	calls *[]string
}

func (h countingHost) Send(
	ctx context.Context, id tyg.ConnID, data []byte, opts ...tyg.SendOption,
) error {
	*h.calls = append(*h.calls, h.name)
	return h.Host.Send(ctx, id, data, opts...)
}

func TestUseHostWrapsWhatTheAppReaches(t *testing.T) {
	app := tyg.New("test")
	var calls []string
	for _, name := range []string{"outer", "inner"} {
		app.UseHost(func(h tyg.Host) tyg.Host { return countingHost{h, name, &calls} })
	}
	if app.Bound() != nil {
		t.Error("an App without a host is bound")
	}
	host := tygtest.NewHost(t, app)
	if tyg.Bound(app, host) != app.Bound() || app.Bound() == tyg.Host(host) {
		t.Errorf("bound to %T", app.Bound())
	}
	other := tyg.HandlerFunc(func(context.Context, tyg.Event) (tyg.Reply, error) {
		return tyg.Reply{}, nil
	})
	if tyg.Bound(other, host) != tyg.Host(host) {
		t.Error("a Handler that is no App does not reach the host itself")
	}
	c := host.Dial()
	if err := app.Sender().Send(t.Context(), c.ID(), []byte("x")); err != nil {
		t.Fatal(err)
	}
	if len(calls) != 2 || calls[0] != "outer" || calls[1] != "inner" {
		t.Errorf("calls: %v", calls)
	}
}

func TestInjectorGetsTheContextOfTheCall(t *testing.T) {
	h := make(http.Header)
	tyg.Inject(t.Context(), h) // does nothing
	type key struct{}
	ctx := tyg.WithInjector(t.Context(), func(ctx context.Context, h http.Header) {
		h.Set("Traceparent", ctx.Value(key{}).(string))
	})
	tyg.Inject(context.WithValue(ctx, key{}, "now"), h)
	if h.Get("Traceparent") != "now" {
		t.Errorf("header %v", h)
	}
	if _, ok := tyg.Caller(ctx); ok {
		t.Error("a context without a caller has one")
	}
	if got, ok := tyg.Caller(tyg.WithCaller(ctx, h)); !ok || got.Get("Traceparent") != "now" {
		t.Errorf("caller %v", got)
	}
}
