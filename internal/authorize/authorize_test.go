package authorize_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/internal/authorize"
)

func request() *tyg.Request {
	return &tyg.Request{
		Header: http.Header{"Authorization": {"Bearer x"}},
		Query:  url.Values{"token": {"t"}, "empty": {""}},
	}
}

func TestIdentitySources(t *testing.T) {
	tests := []struct {
		sources []string
		asked   bool
	}{
		{nil, true},
		{[]string{"route.request.header.authorization"}, true},
		{[]string{"route.request.querystring.token", "stageVariables.key"}, true},
		{[]string{"route.request.header.Missing"}, false},
		{[]string{"route.request.querystring.empty"}, false},
		{[]string{"route.request.querystring.token", "stageVariables.none"}, false},
	}
	for _, tt := range tests {
		asked := false
		a, err := authorize.New(&tyg.Authorizer{
			Func: func(context.Context, *tyg.Request) (tyg.Identity, error) {
				asked = true
				return tyg.Identity{Principal: "ann"}, nil
			},
			IdentitySources: tt.sources,
		}, map[string]string{"key": "v"})
		if err != nil {
			t.Fatal(err)
		}
		_, err = a.Ask(t.Context(), request())
		if asked != tt.asked || errors.Is(err, tyg.ErrUnauthorized) == tt.asked {
			t.Errorf("%q: asked %v, error %v, want asked %v", tt.sources, asked, err, tt.asked)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	fn := func(context.Context, *tyg.Request) (tyg.Identity, error) { return tyg.Identity{}, nil }
	for _, a := range []*tyg.Authorizer{
		{},
		{Func: fn, IdentitySources: []string{"method.request.header.X"}},
		{Func: fn, IdentitySources: []string{"route.request.header."}},
		{Func: fn, IdentitySources: []string{""}},
	} {
		if _, err := authorize.New(a, nil); err == nil {
			t.Errorf("New accepted %q", a.IdentitySources)
		}
	}
	if a, err := authorize.New(nil, nil); a != nil || err != nil {
		t.Errorf("New(nil) = %v, %v", a, err)
	}
}

func TestOutcomes(t *testing.T) {
	good := map[string]any{"a": "s", "b": true, "c": 1, "d": int64(2), "e": 1.5}
	tests := []struct {
		name   string
		fn     tyg.AuthorizeFunc
		status int
	}{
		{"unauthorized", fails(tyg.ErrUnauthorized), 401},
		{"denied", fails(fmt.Errorf("no: %w", tyg.ErrForbidden)), 403},
		{"other error", fails(errors.New("database")), 500},
		{"panic", func(context.Context, *tyg.Request) (tyg.Identity, error) { panic("x") }, 500},
		{"no principal", returns("", good), 500},
		{"nested context", returns("ann", map[string]any{"a": []string{"b"}}), 500},
		{"null in context", returns("ann", map[string]any{"a": nil}), 500},
		{"not a number", returns("ann", map[string]any{"a": math.NaN()}), 500},
		{"too large", returns("ann", map[string]any{"a": strings.Repeat("x", 8<<10)}), 500},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a, err := authorize.New(&tyg.Authorizer{Func: tt.fn}, nil)
			if err != nil {
				t.Fatal(err)
			}
			id, err := a.Ask(t.Context(), request())
			none := id.Principal == "" && id.Context == nil
			if status, _ := authorize.Status(err); err == nil || !none || status != tt.status {
				t.Errorf("Ask = %v, %v, status %d, want %d", id, err, status, tt.status)
			}
		})
	}
}

func TestIdentity(t *testing.T) {
	context := map[string]any{"a": "s", "b": true, "c": 1}
	a, err := authorize.New(&tyg.Authorizer{Func: returns("ann", context)}, nil)
	if err != nil {
		t.Fatal(err)
	}
	id, err := a.Ask(t.Context(), request())
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := id.Context["integrationLatency"].(int64); !ok {
		t.Errorf("integrationLatency is %v", id.Context["integrationLatency"])
	}
	delete(id.Context, "integrationLatency")
	if id.Principal != "ann" || !maps.Equal(id.Context, context) {
		t.Errorf("identity = %v, want ann with %v", id, context)
	}
	if len(context) != 3 {
		t.Errorf("the authorizer's own map was changed: %v", context)
	}
}

func fails(err error) tyg.AuthorizeFunc {
	return func(context.Context, *tyg.Request) (tyg.Identity, error) { return tyg.Identity{}, err }
}

func returns(principal string, values map[string]any) tyg.AuthorizeFunc {
	return func(context.Context, *tyg.Request) (tyg.Identity, error) {
		return tyg.Identity{Principal: principal, Context: values}, nil
	}
}

func TestAskEndsWithItsContext(t *testing.T) {
	leave := make(chan struct{})
	defer close(leave)
	a, err := authorize.New(&tyg.Authorizer{
		Func: func(context.Context, *tyg.Request) (tyg.Identity, error) {
			<-leave
			return tyg.Identity{Principal: "late"}, nil
		},
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	id, err := a.Ask(ctx, request())
	status, _ := authorize.Status(err)
	if id.Principal != "" || status != 500 || !errors.Is(err, context.Canceled) {
		t.Errorf("Ask = %v, %v, status %d, want 500 for an authorizer that does not return",
			id, err, status)
	}
}
