package awstest_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg/internal/awstest"
)

// versioned is an account with a function that has the versions 1 and 2, with the timeouts 10 and
// 20, and the alias live, which leads to version 1.
func versioned(t *testing.T) *account {
	a := newAccount(t)
	a.Settle = 0
	a.role("echo", "lambda")
	a.function("f")
	for _, timeout := range []int{10, 20} {
		a.do("lambda UpdateFunctionConfiguration", in{"FunctionName": "f", "Timeout": timeout})
		a.do("lambda PublishVersion", in{"FunctionName": "f"})
	}
	a.do("lambda CreateAlias", in{"FunctionName": "f", "Name": "live", "FunctionVersion": "1"})
	return a
}

// timeout returns the timeout of what a qualifier leads to.
func (a *account) timeout(qualifier string) any {
	a.t.Helper()
	return a.do("lambda GetFunctionConfiguration",
		in{"FunctionName": "f", "Qualifier": qualifier})["Timeout"]
}

func TestVersionsNeverChange(t *testing.T) {
	a := versioned(t)
	a.do("lambda UpdateFunctionConfiguration", in{"FunctionName": "f", "Timeout": 29})
	for qualifier, want := range map[string]json.Number{
		"1": "10", "2": "20", "live": "10", "$LATEST": "29",
	} {
		if got := a.timeout(qualifier); got != want {
			t.Errorf("the timeout of %s is %v, want %v", qualifier, got, want)
		}
	}
	a.refused("lambda GetFunction", in{"FunctionName": "f:3"}, "ResourceNotFoundException", ":f:3")
	a.refused("lambda GetFunction", in{"FunctionName": "f", "Qualifier": "no"},
		"ResourceNotFoundException", "Cannot find alias arn: ")
	var numbers []any
	marker := in{"FunctionName": "f"}
	for {
		page := a.do("lambda ListVersionsByFunction", marker)
		for _, v := range page["Versions"].([]any) {
			numbers = append(numbers, v.(in)["Version"])
		}
		if marker["Marker"] = page["NextMarker"]; marker["Marker"] == nil {
			break
		}
	}
	if want := []any{"$LATEST", "1", "2"}; !slices.Equal(numbers, want) {
		t.Errorf("the list has %v, want %v", numbers, want)
	}
}

// Publishing what is published makes no version, and a number is never used again.
func TestPublishVersion(t *testing.T) {
	a := versioned(t)
	f := in{"FunctionName": "f"}
	if got := a.do("lambda PublishVersion", f)["Version"]; got != "2" {
		t.Errorf("the same again is version %v", got)
	}
	seen := a.do("lambda GetFunctionConfiguration", f)["RevisionId"]
	sum := a.do("lambda GetFunctionConfiguration", f)["CodeSha256"]
	a.do("lambda UpdateFunctionConfiguration", with(f, in{"Description": "a description"}))
	a.refused("lambda PublishVersion", with(f, in{"RevisionId": seen}),
		"PreconditionFailedException", "Revision Id")
	a.refused("lambda PublishVersion", with(f, in{"CodeSha256": "other"}),
		"InvalidParameterValueException", "is different from current CodeSHA256")
	if got := a.do("lambda PublishVersion", with(f, in{"CodeSha256": sum})); got["Version"] != "3" ||
		got["Description"] != "a description" {
		t.Errorf("another description is version %v, %v", got["Version"], got["Description"])
	}
	a.do("lambda DeleteFunction", f)
	a.refused("lambda GetAlias", with(f, in{"Name": "live"}), "ResourceNotFoundException", "f")
	a.function("f")
	if got := a.do("lambda PublishVersion", f)["Version"]; got != "4" {
		t.Errorf("the first version of a new function of the same name is %v, want 4", got)
	}
}

func TestPublishVersionSettles(t *testing.T) {
	a := newAccount(t)
	a.role("echo", "lambda")
	a.do("lambda CreateFunction", newFunction(t, "f"))
	a.refused("lambda PublishVersion", in{"FunctionName": "f"}, "ResourceConflictException", "Pending")
	if got := a.do("lambda PublishVersion", in{"FunctionName": "f"})["State"]; got != "Pending" {
		t.Errorf("a new version is %v", got)
	}
	one := in{"FunctionName": "f", "Qualifier": "1"}
	a.do("lambda GetFunctionConfiguration", one)
	if got := a.do("lambda GetFunctionConfiguration", one)["State"]; got != "Active" {
		t.Errorf("a version is %v later", got)
	}
}

func TestDeleteVersion(t *testing.T) {
	a := versioned(t)
	version := func(n string) in { return in{"FunctionName": "f", "Qualifier": n} }
	a.refused("lambda DeleteFunction", version("1"), "ResourceConflictException", "[live]")
	a.do("lambda UpdateAlias", in{"FunctionName": "f", "Name": "live", "FunctionVersion": "2"})
	a.do("lambda DeleteFunction", version("1"))
	a.refused("lambda DeleteFunction", version("1"), "ResourceNotFoundException", ":f:1")
	a.refused("lambda DeleteFunction", version("$LATEST"), "InvalidParameterValueException", "$LATEST")
	a.refused("lambda DeleteFunction", version("live"), "InvalidParameterValueException", "aliases")
	a.do("lambda GetFunction", in{"FunctionName": "f"})
}

func TestAliasRefuses(t *testing.T) {
	a := versioned(t)
	live := in{"FunctionName": "f", "Name": "live"}
	weights := func(w in) in { return in{"RoutingConfig": in{"AdditionalVersionWeights": w}} }
	n := func(s string) json.Number { return json.Number(s) }
	a.refused("lambda CreateAlias", with(live, in{"FunctionVersion": "1"}),
		"ResourceConflictException", "Alias already exists: ")
	a.refused("lambda CreateAlias", in{"FunctionName": "f", "Name": "x", "FunctionVersion": "9"},
		"ResourceNotFoundException", ":f:9")
	a.refused("lambda UpdateAlias", with(live, in{"RevisionId": "old"}),
		"PreconditionFailedException", "Revision Id")
	for text, w := range map[string]in{
		"greater than 1":      {"1": n("0.1"), "2": n("0.1")},
		"is already included": {"1": n("0.1")},
	} {
		a.refused("lambda UpdateAlias", with(live, weights(w)), "InvalidParameterValueException", text)
	}
	a.refused("lambda UpdateAlias", with(live, weights(in{"9": n("0.1")})),
		"ResourceNotFoundException", ":f:9")
	a.refused("lambda UpdateAlias", with(live, with(weights(in{"2": n("0.1")}),
		in{"FunctionVersion": "$LATEST"})), "InvalidParameterValueException", "$LATEST")
	a.role("other", "lambda")
	other := strings.Replace(roleARN, "echo", "other", 1)
	a.do("lambda UpdateFunctionConfiguration", in{"FunctionName": "f", "Role": other})
	a.do("lambda PublishVersion", in{"FunctionName": "f"})
	a.refused("lambda UpdateAlias", with(live, weights(in{"3": n("0.1")})),
		"InvalidParameterValueException", "same execution role")
}

// A weight is a share of the events, and an empty list of weights removes it.
func TestAliasWeights(t *testing.T) {
	a := versioned(t)
	live := in{"FunctionName": "f", "Name": "live"}
	served := func() map[any]int {
		count := make(map[any]int)
		for range 20 {
			count[a.do("lambda Invoke", in{"FunctionName": "f:live"})["ExecutedVersion"]]++
		}
		return count
	}
	a.do("lambda UpdateAlias", with(live, in{"RoutingConfig": in{
		"AdditionalVersionWeights": in{"2": json.Number("0.25")},
	}}))
	if got := served(); got["1"] != 15 || got["2"] != 5 {
		t.Errorf("with a weight of 25%% the versions got %v of 20 events", got)
	}
	a.refused("lambda DeleteFunction", in{"FunctionName": "f", "Qualifier": "2"},
		"ResourceConflictException", "[live]")
	a.do("lambda UpdateAlias", with(live, in{"Description": "x"}))
	if got := served(); got["2"] != 5 {
		t.Errorf("an update that does not name the weight has left %v", got)
	}
	a.do("lambda UpdateAlias", with(live, in{"RoutingConfig": in{"AdditionalVersionWeights": in{}}}))
	if got := served(); got["1"] != 20 {
		t.Errorf("without a weight the versions got %v of 20 events", got)
	}
}

// API Gateway may call an alias only if that has the permission, and gets its version.
func TestLiveNeedsPermissionForTheAlias(t *testing.T) {
	a := versioned(t)
	api := a.api()
	a.route(api, "$default")
	a.publish(api, "dev")
	a.permit(api, "/*")
	if live, err := a.live(api); err != nil || live.Routes["$default"].Function.Version != "$LATEST" {
		t.Errorf("without a qualifier: %+v, %v", live.Routes, err)
	}
	integration := a.do("apigatewayv2 GetIntegrations", of(api))["Items"].([]any)[0].(in)
	a.do("apigatewayv2 UpdateIntegration", with(of(api), in{
		"IntegrationId":  integration["IntegrationId"],
		"IntegrationUri": functionURI[:len(functionURI)-len("/invocations")] + ":live/invocations",
	}))
	a.publish(api, "prod")
	live := func() (awstest.Live, error) { return a.Live(api["ApiId"].(string), "prod") }
	if _, err := live(); err == nil {
		t.Error("a permission for the function itself counts for its alias")
	}
	a.do("lambda AddPermission", in{
		"FunctionName": "f", "StatementId": "gateway", "Action": "lambda:InvokeFunction",
		"Principal": "apigateway.amazonaws.com", "Qualifier": "live",
		"SourceArn": "arn:aws:execute-api:us-west-2:123456789012:" + api["ApiId"].(string) + "/*",
	})
	if got, err := live(); err != nil || got.Routes["$default"].Function.Version != "1" {
		t.Errorf("with the alias: %+v, %v", got.Routes, err)
	}
	a.do("lambda UpdateAlias", in{
		"FunctionName": "f", "Name": "live",
		"RoutingConfig": in{"AdditionalVersionWeights": in{"2": json.Number("0.1")}},
	})
	if got, _ := live(); got.Routes["$default"].Share != 0.1 ||
		got.Routes["$default"].Canary.Version != "2" {
		t.Errorf("the canary is %+v", got.Routes["$default"])
	}
}
