package functions_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/internal/functions"
	"github.com/tyg-dev/tyg/internal/hostapi"
)

// An integration is an Integration that is a function of Go.
type integration func(ctx context.Context, payload []byte) ([]byte, error)

func (f integration) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	return f(ctx, payload)
}

// replies returns an integration that always gives the same reply.
func replies(text string) integration {
	return func(context.Context, []byte) ([]byte, error) { return []byte(text), nil }
}

// fails returns an integration that always fails.
func fails(err error) integration {
	return func(context.Context, []byte) ([]byte, error) { return nil, err }
}

func message(text string) tyg.Event {
	return tyg.Event{
		Type: tyg.EventMessage, Route: tyg.RouteDefault, RequestID: "R1kmxF2VNjMFbRw=",
		Time: time.UnixMilli(1705751697420),
		Conn: &tyg.Conn{
			ID: "R1kmxc2VNjMCFIA=", ConnectedAt: time.UnixMilli(1705751697419), SourceIP: "192.0.2.1",
			Domain: "example.com", Stage: "api", APIID: "local",
			StageVariables: map[string]string{"table": "t1"},
		},
		Message: tyg.Message{ID: "R1knPc2ntjMCFIA=", Data: []byte(text)},
	}
}

func request() *tyg.Request {
	return &tyg.Request{
		Host: "example.com", Header: http.Header{"User-Agent": {"test"}},
		Query: url.Values{"token": {"t"}}, SourceIP: "192.0.2.1",
	}
}

func TestRouterPassesLeavesOn(t *testing.T) {
	var got tyg.Event
	r := &functions.Router{}
	e := message("")
	e.Type, e.Route = tyg.EventLeave, tyg.RouteLeave
	e.Membership = &tyg.Membership{Group: "tea", Member: tyg.Member{ID: e.Conn.ID}}
	if _, err := r.Handle(t.Context(), e); err == nil || tyg.Describe(r).Leave {
		t.Errorf("a Router without Leave: %v, %+v", err, tyg.Describe(r))
	}
	r.Leave = integration(func(_ context.Context, payload []byte) (_ []byte, err error) {
		got, _, err = hostapi.ReadLeave(payload)
		return []byte("null"), err
	})
	if _, err := r.Handle(t.Context(), e); err != nil || !tyg.Describe(r).Leave ||
		!reflect.DeepEqual(got.Membership, e.Membership) || got.Conn.Domain != e.Conn.Domain {
		t.Errorf("%v, %+v", err, got)
	}
	r.Leave = fails(errors.New("oops"))
	if _, err := r.Handle(t.Context(), e); err == nil {
		t.Error("a failure is lost")
	}
}

func TestRouterPassesEventsOn(t *testing.T) {
	var event struct {
		Body           string
		StageVariables map[string]string
		RequestContext struct{ RouteKey, ConnectionID, Stage string }
	}
	r := &functions.Router{Integrations: map[string]functions.Integration{
		tyg.RouteDefault: integration(func(_ context.Context, payload []byte) ([]byte, error) {
			return []byte(`{"statusCode":200,"body":"answer"}`), json.Unmarshal(payload, &event)
		}),
	}}
	reply, err := r.Handle(t.Context(), message("hello"))
	if err != nil || string(reply.Body) != "answer" || reply.Status != 200 {
		t.Errorf("reply %+v, %v", reply, err)
	}
	c := event.RequestContext
	if event.Body != "hello" || c.RouteKey != "$default" || c.ConnectionID != "R1kmxc2VNjMCFIA=" ||
		c.Stage != "api" {
		t.Errorf("event %+v", event)
	}
	if event.StageVariables["table"] != "t1" {
		t.Errorf("stage variables %v", event.StageVariables)
	}
}

// TestDomainIsTheOperators: no word of the client is where functions send signed requests.
func TestDomainIsTheOperators(t *testing.T) {
	var domain string
	spy := integration(func(_ context.Context, payload []byte) ([]byte, error) {
		var event struct {
			MethodARN      string
			RequestContext struct{ DomainName string }
		}
		err := json.Unmarshal(payload, &event)
		domain = event.RequestContext.DomainName
		if event.MethodARN != "" {
			return []byte(`{"principalId":"ann","policyDocument":{"Statement":[]}}`), err
		}
		return []byte(`{"statusCode":200}`), err
	})
	evil := request()
	evil.Host = "evil.example"
	conn := message("x").Conn
	conn.Domain = evil.Host
	events := map[string]tyg.Event{
		"connect": {
			Type: tyg.EventConnect, Route: tyg.RouteConnect, RequestID: "r", Conn: conn, Request: evil,
		},
		"message":    {Type: tyg.EventMessage, Route: tyg.RouteConnect, RequestID: "r", Conn: conn},
		"disconnect": {Type: tyg.EventDisconnect, Route: tyg.RouteConnect, RequestID: "r", Conn: conn},
	}
	for set, want := range map[string]string{"": evil.Host, "127.0.0.1:8000": "127.0.0.1:8000"} {
		r := &functions.Router{
			Integrations: map[string]functions.Integration{tyg.RouteConnect: spy}, Domain: set,
			Authorizer: &functions.LambdaAuthorizer{Integration: spy, Domain: set},
		}
		for name, e := range events {
			if _, err := r.Handle(t.Context(), e); err != nil || domain != want {
				t.Errorf("%s with domain %q: domainName %q, %v, want %q", name, set, domain, err, want)
			}
		}
		_, _ = r.Describe().Authorizer.Func(t.Context(), evil) // denied: the policy is empty
		if domain != want {
			t.Errorf("authorizer with domain %q: domainName %q, want %q", set, domain, want)
		}
		if conn.Domain != evil.Host {
			t.Error("the connection was changed")
		}
	}
}

// TestHandshakesLookSecure: on AWS clients come by https only, and functions may check that. What a
// client says stays, and nothing changes where functions are told the client's word.
func TestHandshakesLookSecure(t *testing.T) {
	for _, tt := range []struct{ domain, came, want string }{
		{"127.0.0.1:8000", "http", "https"}, {"127.0.0.1:8000", "wss", "wss"}, {"", "http", "http"},
	} {
		var event struct{ Headers map[string]string }
		spy := integration(func(_ context.Context, payload []byte) ([]byte, error) {
			return []byte(`{"statusCode":200}`), json.Unmarshal(payload, &event)
		})
		r := &functions.Router{
			Integrations: map[string]functions.Integration{tyg.RouteConnect: spy}, Domain: tt.domain,
			Authorizer: &functions.LambdaAuthorizer{Integration: spy, Domain: tt.domain},
		}
		came := request()
		came.Header = http.Header{"X-Forwarded-Proto": {tt.came}}
		_, err := r.Handle(t.Context(), tyg.Event{
			Type: tyg.EventConnect, Route: tyg.RouteConnect, Conn: message("x").Conn, Request: came,
		})
		if got := event.Headers["X-Forwarded-Proto"]; got != tt.want || err != nil {
			t.Errorf("%+v: the function gets %q, %v", tt, got, err)
		}
		_, _ = r.Describe().Authorizer.Func(t.Context(), came) // denied: there is no policy
		if got := event.Headers["X-Forwarded-Proto"]; got != tt.want {
			t.Errorf("%+v: the authorizer gets %q", tt, got)
		}
		if came.Header.Get("X-Forwarded-Proto") != tt.came {
			t.Error("the request was changed")
		}
	}
}

func TestRouterFailsEvent(t *testing.T) {
	failure := errors.New("failure")
	tests := []struct {
		name string
		to   integration
		want error // nil: any
	}{
		{"integration fails", fails(failure), failure},
		{"reply is null", replies("null"), nil},
		{"reply is a string", replies(`"fine"`), nil},
		{"reply has no status", replies(`{"body":"x"}`), nil},
		{"reply is empty", replies(""), nil},
		{"reply has an unknown key", replies(`{"statusCode":200,"action":"x"}`), nil},
	}
	for _, tt := range tests {
		r := &functions.Router{Integrations: map[string]functions.Integration{tyg.RouteDefault: tt.to}}
		_, err := r.Handle(t.Context(), message("x"))
		if err == nil || tt.want != nil && !errors.Is(err, tt.want) {
			t.Errorf("%s: error %v, want %v", tt.name, err, tt.want)
		}
	}
	r := &functions.Router{}
	if _, err := r.Handle(t.Context(), message("x")); err == nil {
		t.Error("a route without integration was handled")
	}
	e := message("x")
	e.Conn = nil
	r.Integrations = map[string]functions.Integration{tyg.RouteDefault: replies(`{"statusCode":200}`)}
	if _, err := r.Handle(t.Context(), e); err == nil {
		t.Error("an event without connection was handled")
	}
}

func TestRouterDescribesItself(t *testing.T) {
	r := &functions.Router{
		Integrations: map[string]functions.Integration{
			"b": replies(""), "$connect": replies(""), "a": replies(""),
		},
		RouteResponses: []string{"a"},
	}
	want := tyg.Description{
		Routes: []tyg.Route{{Key: "$connect"}, {Key: "a", Response: true}, {Key: "b"}},
	}
	if got := r.Describe(); !reflect.DeepEqual(got, want) {
		t.Errorf("the description is %+v, want %+v", got, want)
	}
	r.RouteSelection = "$request.body.type"
	if got := r.Describe().RouteSelection; got != r.RouteSelection {
		t.Errorf("selection %q, want %q", got, r.RouteSelection)
	}
}

func TestLambdaAuthorizerPolicy(t *testing.T) {
	const arn = "arn:aws:execute-api:us-east-1:000000000000:local/api/$connect"
	policy := func(effect, resource string) integration {
		return replies(fmt.Sprintf(`{"principalId":"ann","context":{"team":"red","n":1},`+
			`"policyDocument":{"Statement":[`+
			`{"Action":"execute-api:Invoke","Effect":%q,"Resource":%q}]}}`, effect, resource))
	}
	reports := func(message string) integration {
		return fails(&functions.FunctionError{Function: "a", Message: message})
	}
	tests := []struct {
		name string
		to   integration
		want error // nil with fail false: allowed
		fail bool
	}{
		{"allow", policy("Allow", arn), nil, false},
		{"allow the stage", policy("Allow", "arn:aws:execute-api:*:*:local/api/*"), nil, false},
		{"deny", policy("Deny", arn), tyg.ErrForbidden, true},
		{"allow something else", policy("Allow", arn+"/x"), tyg.ErrForbidden, true},
		{"reports Unauthorized", reports("Unauthorized"), tyg.ErrUnauthorized, true},
		{"fails", reports("database"), nil, true},
		{"is malformed", replies(`{"statusCode":401}`), nil, true},
	}
	for _, tt := range tests {
		r := &functions.Router{Authorizer: &functions.LambdaAuthorizer{
			Integration: tt.to, IdentitySources: []string{"route.request.querystring.token"},
		}}
		a := r.Describe().Authorizer
		id, err := a.Func(t.Context(), request())
		if tt.fail != (err != nil) || tt.want != nil && !errors.Is(err, tt.want) {
			t.Errorf("%s: error %v, want %v", tt.name, err, tt.want)
		}
		denied := errors.Is(err, tyg.ErrForbidden) || errors.Is(err, tyg.ErrUnauthorized)
		if tt.fail && tt.want == nil && denied {
			t.Errorf("%s: %v is more than a failure", tt.name, err)
		}
		if !tt.fail && (id.Principal != "ann" || id.Context["team"] != "red" || id.Context["n"] != 1.0) {
			t.Errorf("%s: identity %+v", tt.name, id)
		}
		if len(a.IdentitySources) != 1 {
			t.Errorf("%s: identity sources %q", tt.name, a.IdentitySources)
		}
	}
}

func TestLambdaAuthorizerRequest(t *testing.T) {
	var payload string
	g := &functions.LambdaAuthorizer{
		Integration: integration(func(_ context.Context, b []byte) ([]byte, error) {
			payload = string(b)
			return nil, errors.New("enough")
		}),
		Region: "eu-west-1", AccountID: "123456789012", APIID: "abc", Stage: "prod",
		StageVariables: map[string]string{"k": "v"},
	}
	r := &functions.Router{Authorizer: g}
	if _, err := r.Describe().Authorizer.Func(t.Context(), request()); err == nil {
		t.Error("the integration's error got lost")
	}
	for _, part := range []string{
		`"type":"REQUEST"`, `"methodArn":"arn:aws:execute-api:eu-west-1:123456789012:abc/prod/$connect"`,
		`"queryStringParameters":{"token":"t"}`, `"stageVariables":{"k":"v"}`, `"stage":"prod"`,
	} {
		if !strings.Contains(payload, part) {
			t.Errorf("event lacks %s:\n%s", part, payload)
		}
	}
}
