package deploy_test

import (
	"strings"
	"testing"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/internal/deploy"
)

// foreignAuthorizer is a function of another account.
const foreignAuthorizer = "arn:aws:lambda:us-west-2:210987654321:function:guard:live"

// connecting is an application with a connect handler.
func connecting(t *testing.T) deploy.Application {
	app := echo(t)
	app.API.Routes = append(app.API.Routes,
		deploy.Route{Key: tyg.RouteConnect, Function: "websocket_message"})
	return app
}

// TestConnectIsAuthorizedAsConfigured goes from one way of authorization to the next: after each
// deploy that is live, and a second plan is empty.
func TestConnectIsAuthorizedAsConfigured(t *testing.T) {
	r := newRig(t)
	for _, step := range []struct {
		name        string
		change      func(*deploy.API)
		iam, apiKey bool
		asks        string
	}{
		{name: "nothing", change: func(*deploy.API) {}},
		{name: "IAM", change: func(a *deploy.API) { a.IAM = true }, iam: true},
		{
			name: "IAM and a key", change: func(a *deploy.API) { a.IAM, a.APIKey = true, true },
			iam: true, apiKey: true,
		},
		{
			name: "another account",
			change: func(a *deploy.API) {
				a.Authorizer = &deploy.Authorizer{
					ARN: foreignAuthorizer, IdentitySources: []string{"context.identity.sourceIp"},
				}
			},
			asks: foreignAuthorizer,
		},
		{
			name: "another account, by a role",
			change: func(a *deploy.API) {
				a.Authorizer = &deploy.Authorizer{
					ARN: foreignAuthorizer, RoleARN: "arn:aws:iam::123456789012:role/ask-guard",
				}
			},
			asks: foreignAuthorizer,
		},
		{
			name:   "another account again",
			change: func(a *deploy.API) { a.Authorizer = &deploy.Authorizer{ARN: foreignAuthorizer} },
			asks:   foreignAuthorizer,
		},
		{name: "a key", change: func(a *deploy.API) { a.APIKey = true }, apiKey: true},
		{name: "nothing again", change: func(*deploy.API) {}},
	} {
		app := connecting(t)
		step.change(&app.API)
		must(t, r.deploy(t.Context(), app))
		r.settled(t, app)
		got, asks := r.published(t, "api").Routes[tyg.RouteConnect], ""
		if got.Authorizer != nil {
			asks = got.Authorizer.Function.ARN
		}
		if got.IAM != step.iam || got.APIKey != step.apiKey || asks != step.asks {
			t.Errorf("%s: $connect is %+v and asks %q", step.name, got, asks)
		}
		if r.published(t, "api").Routes[tyg.RouteDefault].APIKey {
			t.Errorf("%s: messages need a key", step.name)
		}
	}
	must(t, r.delete(t.Context(), echo(t)))
	r.empty(t)
}

// TestOwnerOfAForeignAuthorizerIsToldWhatToDo: the API may not call the function before its owner
// allows it, and the plan says how, with the id of the API once that is known.
func TestOwnerOfAForeignAuthorizerIsToldWhatToDo(t *testing.T) {
	r := newRig(t)
	app := connecting(t)
	app.API.Authorizer = &deploy.Authorizer{ARN: foreignAuthorizer}
	warned := func() string {
		t.Helper()
		d, err := r.deployer(t.Context())
		must(t, err)
		plan, err := d.Plan(t.Context(), app)
		must(t, err)
		return strings.Join(plan.Warnings, " ")
	}
	const command = "aws lambda add-permission --function-name " + foreignAuthorizer
	if got := warned(); !strings.Contains(got, command) || !strings.Contains(got, ":API_ID/auth") {
		t.Errorf("the warning is %q", got)
	}
	must(t, r.deploy(t.Context(), connecting(t)))
	if got := warned(); !strings.Contains(got, ":"+r.api(t)+"/authorizers/*") {
		t.Errorf("the warning is %q", got)
	}
	must(t, r.deploy(t.Context(), app))
	if got := warned(); got != "" {
		t.Errorf("a deploy that changes nothing warns: %s", got)
	}
	app.API.Authorizer.ARN += "2"
	app.API.Authorizer.RoleARN = "arn:aws:iam::123456789012:role/ask-guard"
	if got := warned(); got != "" {
		t.Errorf("with a role there is a warning: %s", got)
	}
}
