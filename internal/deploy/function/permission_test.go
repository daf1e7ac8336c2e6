package function

import (
	"maps"
	"slices"
	"testing"

	"github.com/tyg-dev/tyg/internal/deploy/plan"
	"github.com/tyg-dev/tyg/internal/deploy/spec"
)

// permitted plans the permissions of an application.
func permitted(app spec.Application, found onAWS) []string {
	b := found.planner(app, plan.State{})
	b.permissions()
	b.stalePermissions()
	var got []string
	for _, s := range b.Steps {
		got = append(got, s.String())
	}
	return got
}

func TestPermissions(t *testing.T) {
	const name = "lambda_permission echo-dev-websocket_message"
	right := spec.Grant{
		Principal: "apigateway.amazonaws.com", Action: "lambda:InvokeFunction",
		Source: "arn:aws:execute-api:us-west-2:123456789012:abc/*",
	}
	wider := right
	wider.Source = "arn:aws:execute-api:us-west-2:123456789012:*"
	for _, test := range []struct {
		name   string
		grants grants
		change func(*spec.Application, *onAWS)
		want   []string
	}{
		{"none", nil, nil, []string{"create " + name}},
		{"the right one", grants{"tyg-abc": right}, nil, nil},
		{"another source", grants{"tyg-abc": wider}, nil, []string{"update " + name}},
		{
			"an API that is gone",
			grants{"tyg-abc": right, "tyg-old": right},
			nil,
			[]string{"delete " + name},
		},
		{
			"an API to come",
			grants{"tyg-old": right},
			func(_ *spec.Application, f *onAWS) { f.ids.API = "" },
			[]string{"create " + name, "delete " + name},
		},
		{
			"no route",
			grants{"tyg-abc": right},
			func(a *spec.Application, _ *onAWS) { a.API.Routes = nil },
			[]string{"delete " + name},
		},
		{
			"no route but the authorizer", nil,
			func(a *spec.Application, _ *onAWS) {
				a.API.Routes, a.API.Authorizer = nil, &spec.Authorizer{Function: "websocket_message"}
			},
			[]string{"create " + name},
		},
		{
			"a function to come", nil,
			func(_ *spec.Application, f *onAWS) { f.functions = nil },
			[]string{"create " + name},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			app, found := oneFunction()
			found = changeFunction(found, func(f *foundFunction) {
				f.grants = map[string]grants{"": test.grants}
			})
			if test.change != nil {
				test.change(&app, &found)
			}
			if got := permitted(app, found); !slices.Equal(got, test.want) {
				t.Errorf("steps are %q, want %q", got, test.want)
			}
		})
	}
}

func TestParseGrants(t *testing.T) {
	got, err := parseGrants(`{"Version":"2012-10-17","Id":"default","Statement":[
		{"Sid":"tyg-abc","Effect":"Allow","Principal":{"Service":"apigateway.amazonaws.com"},
		 "Action":"lambda:InvokeFunction","Resource":"r","Condition":{"ArnLike":{"AWS:SourceArn":"s"}}},
		{"Sid":"tyg-all","Effect":"Allow","Principal":"*","Action":["lambda:*"],"Resource":"r"},
		{"Sid":"tyg-url","Effect":"Allow","Principal":"*","Action":"lambda:InvokeFunctionUrl",
		 "Condition":{"StringEquals":{"lambda:FunctionUrlAuthType":"NONE"}}},
		{"Sid":"tyg-url-invoke","Effect":"Allow","Principal":"*","Action":"lambda:InvokeFunction",
		 "Condition":{"Bool":{"lambda:InvokedViaFunctionUrl":"true"}}},
		{"Sid":"by-hand","Effect":"Allow","Principal":{"AWS":"x"},"Action":"lambda:*","Resource":"r"},
		{"Effect":"Allow"}]}`)
	want := grants{
		"tyg-abc": {
			Principal: "apigateway.amazonaws.com", Action: "lambda:InvokeFunction", Source: "s",
		},
		"tyg-all":        {Principal: "*"},
		"tyg-url":        {Principal: "*", Action: "lambda:InvokeFunctionUrl", URL: spec.URLAuth},
		"tyg-url-invoke": {Principal: "*", Action: "lambda:InvokeFunction", URL: spec.URLInvoke},
	}
	if err != nil || !maps.Equal(got, want) {
		t.Errorf("grants are %v, %v; want %v", got, err, want)
	}
	if _, err := parseGrants("{"); err == nil {
		t.Error("a policy that is no JSON was read")
	}
}
