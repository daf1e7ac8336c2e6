package api

import (
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2/types"

	"github.com/tyg-dev/tyg/internal/deploy/plan"
	"github.com/tyg-dev/tyg/internal/deploy/spec"
)

func account() spec.Account {
	return spec.Account{ID: "123456789012", Region: "us-west-2", Partition: "aws"}
}

// application is one with two functions, of which one is the authorizer.
func application() spec.Application {
	return spec.Application{
		Name: "chat", Stage: "dev",
		Functions: []spec.Function{{LogicalName: "websocket_message"}, {LogicalName: "guard"}},
		API: spec.API{
			Stage: "api",
			Routes: []spec.Route{
				{Key: "$connect", Function: "websocket_message"},
				{Key: "$default", Function: "websocket_message"},
			},
			Authorizer: &spec.Authorizer{
				Function: "guard", IdentitySources: []string{"route.request.header.A"},
			},
		},
	}
}

func known() plan.IDs {
	return plan.IDs{
		API: "a1", Authorizer: "u1",
		Integrations: map[string]string{"websocket_message": "i1"},
	}
}

// deployed is what there is after a deploy of application.
func deployed() found {
	app, tags := application(), application().ResourceTags(nil)
	integration := integrationFor(app, account(), "websocket_message")
	authorizer := authorizerFor(app, account())
	integration.id, authorizer.id = "i1", "u1"
	api := &foundAPI{
		id: "a1", name: app.APIName(), selection: app.API.Selection(), tags: tags, stageName: "api",
		integrations: []foundIntegration{integration}, authorizers: []foundAuthorizer{*authorizer},
		deployments: []foundDeployment{{
			id: "d1", description: fingerprint(app, account(), known()),
			status: types.DeploymentStatusDeployed,
		}},
		stages: []foundStage{{
			name: "api", deployment: "d1", tags: tags, settings: spec.StageSettings{}.Complete(),
		}},
	}
	for _, route := range app.API.Routes {
		have := routeFor(app, route, known())
		have.id = "r" + route.Key
		api.routes = append(api.routes, have)
	}
	return found{api: api}
}

// inGateway plans what is in API Gateway.
func inGateway(app spec.Application, there found, state plan.State) *planner {
	known := plan.IDs{Integrations: make(map[string]string)}
	there.ids(&known)
	b := &planner{
		Planner: &plan.Planner{App: app, Account: account(), State: state, Known: known}, found: there,
	}
	b.api()
	b.last()
	b.stale()
	return b
}

func recorded() plan.State {
	return plan.State{Resources: []plan.Resource{{
		Name: apiLogicalName, Type: plan.TypeAPI, APIName: application().APIName(), APIID: "a1",
		APIURL: account().URL("a1", "api"),
	}}}
}

// texts returns steps with the lines that they print.
func texts(b *planner) []string {
	list := []string{}
	for _, s := range b.Steps {
		text := s.String()
		if s.Line != "" {
			text += " | " + s.Line
		}
		list = append(list, text)
	}
	return list
}

func TestPlansOfTheAPI(t *testing.T) {
	const creating, updating = " | Creating websocket api: chat-dev-websocket-api",
		" | Updating websocket api: chat-dev-websocket-api"
	for _, tt := range []struct {
		name   string
		change func(*spec.Application, *found)
		want   []string
	}{
		{"as it should be", func(*spec.Application, *found) {}, nil},
		{"nothing there", func(_ *spec.Application, f *found) { f.api = nil }, []string{
			"create websocket_api chat-dev-websocket-api",
			"create websocket_integration websocket_message" + creating,
			"create websocket_authorizer chat-dev-authorizer",
			"create websocket_route $connect", "create websocket_route $default",
			"create websocket_deployment chat-dev-websocket-api", "create websocket_stage api",
		}},
		{"an empty API", func(_ *spec.Application, f *found) {
			*f.api = foundAPI{id: "a1", name: f.api.name, selection: f.api.selection}
		}, []string{
			"update websocket_api chat-dev-websocket-api",
			"create websocket_integration websocket_message" + creating,
			"create websocket_authorizer chat-dev-authorizer",
			"create websocket_route $connect", "create websocket_route $default",
			"create websocket_deployment chat-dev-websocket-api", "create websocket_stage api",
		}},
		{
			"another selection", func(a *spec.Application,
				_ *found,
			) {
				a.API.RouteSelection = "$request.body.x"
			},
			[]string{
				"update websocket_api chat-dev-websocket-api" + updating,
				"create websocket_deployment chat-dev-websocket-api", "update websocket_stage api",
			},
		},
		{"a new route", func(a *spec.Application, _ *found) {
			a.API.Routes = append(a.API.Routes, spec.Route{Key: "ask", Function: "guard", Responds: true})
		}, []string{
			"create websocket_integration guard" + updating, "create websocket_route ask",
			"create websocket_deployment chat-dev-websocket-api", "update websocket_stage api",
		}},
		{
			"a route gone", func(a *spec.Application, _ *found) { a.API.Routes = a.API.Routes[:1] },
			[]string{
				"delete websocket_route $default" + updating,
				"create websocket_deployment chat-dev-websocket-api", "update websocket_stage api",
			},
		},
		{"no authorizer", func(a *spec.Application, _ *found) { a.API.Authorizer = nil }, []string{
			"update websocket_route $connect" + updating,
			"create websocket_deployment chat-dev-websocket-api", "update websocket_stage api",
			"delete websocket_authorizer u1",
		}},
		{"published, and the stage not moved", func(_ *spec.Application, f *found) {
			f.api.stages[0].deployment = "d0"
			f.api.deployments = append(f.api.deployments, foundDeployment{id: "d0", description: "old"})
		}, []string{
			"create websocket_deployment chat-dev-websocket-api" + updating, "update websocket_stage api",
		}},
		{"a deployment made by hand is live", func(_ *spec.Application, f *found) {
			f.api.deployments[0].description = "by hand"
		}, []string{
			"create websocket_deployment chat-dev-websocket-api" + updating, "update websocket_stage api",
		}},
		{
			"another name of the stage", func(a *spec.Application, _ *found) { a.API.Stage = "v2" },
			[]string{
				"record websocket_api chat-dev-websocket-api",
				"create websocket_deployment chat-dev-websocket-api" + updating, "create websocket_stage v2",
				"delete websocket_stage api",
			},
		},
		{"a second integration of a function, and a strange one", func(_ *spec.Application, f *found) {
			f.api.integrations = append(f.api.integrations,
				foundIntegration{id: "i2"}, foundIntegration{id: "i3", function: "gone"})
		}, []string{"delete websocket_integration i2", "delete websocket_integration i3"}},
		{
			"orphaned APIs", func(_ *spec.Application, f *found) { f.orphaned = []string{"a2"} },
			[]string{"delete websocket_api a2"},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			app, there := application(), deployed()
			tt.change(&app, &there)
			b := inGateway(app, there, recorded())
			if got := texts(b); !slices.Equal(got, tt.want) {
				t.Errorf("got %q\nwant %q", got, tt.want)
			}
			if len(b.Conflicts) > 0 {
				t.Errorf("conflicts: %v", b.Conflicts)
			}
		})
	}
}

// Two deployments of different APIs must not look the same: a plan would take one for the other.
func TestC1FingerprintsTellSnapshotsApart(t *testing.T) {
	seen := map[string]string{fingerprint(application(), account(), known()): "the first"}
	for name, change := range map[string]func(*spec.Application, *plan.IDs){
		"selection": func(a *spec.Application,
			_ *plan.IDs,
		) {
			a.API.RouteSelection = "$request.body.x"
		},
		"key":           func(a *spec.Application, _ *plan.IDs) { a.API.Routes[1].Key = "ask" },
		"fewer routes":  func(a *spec.Application, _ *plan.IDs) { a.API.Routes = a.API.Routes[:1] },
		"function":      func(a *spec.Application, _ *plan.IDs) { a.API.Routes[1].Function = "guard" },
		"responds":      func(a *spec.Application, _ *plan.IDs) { a.API.Routes[1].Responds = true },
		"no authorizer": func(a *spec.Application, _ *plan.IDs) { a.API.Authorizer = nil },
		"its function": func(a *spec.Application,
			_ *plan.IDs,
		) {
			a.API.Authorizer.Function = "websocket_message"
		},
		"its sources": func(a *spec.Application,
			_ *plan.IDs,
		) {
			a.API.Authorizer.IdentitySources = nil
		},
		"its id": func(_ *spec.Application, k *plan.IDs) { k.Authorizer = "u2" },
		"integration ids": func(_ *spec.Application,
			k *plan.IDs,
		) {
			k.Integrations["websocket_message"] = "i2"
		},
		"other names": func(a *spec.Application, _ *plan.IDs) { a.Stage = "prod" },
	} {
		app, k := application(), known()
		change(&app, &k)
		sum := fingerprint(app, account(), k)
		if other, ok := seen[sum]; ok {
			t.Errorf("%s: the same as %s", name, other)
		}
		seen[sum] = name
	}

	app := application()
	slices.Reverse(app.API.Routes)
	app.API.Stage, app.API.Settings.ThrottlingRate = "v2", 5
	if seen[fingerprint(app, account(), known())] != "the first" {
		t.Error("the order of routes, or what a stage has for itself, makes another snapshot")
	}
}

func TestStaleDeploymentsAreDeleted(t *testing.T) {
	fresh := fingerprint(application(), account(), known())
	for _, tt := range []struct {
		name   string
		newest []string // descriptions, of d1, d2, ...
		live   string
		others []foundStage
		want   []string
	}{
		{"few", []string{fresh, "x", "y"}, "d1", nil, nil},
		{"many", []string{fresh, "x", "y", "z"}, "d1", nil, []string{"d4"}},
		{"an old one is live", []string{"x", "y", "z", fresh}, "d4", nil, nil},
		{"one is coming", []string{"x", "y", "z", "u"}, "d1", nil, []string{"d3", "d4"}},
		{
			"one is coming, and an old one was live",
			[]string{"x", "y", "z", "u"},
			"d4", nil,
			[]string{"d3", "d4"},
		},
		{"an old one is coming back", []string{"x", "y", "z", fresh, "u"}, "d1", nil, []string{"d5"}},
		{
			"others use it",
			[]string{fresh, "x", "y", "z", "u"},
			"d1",
			[]foundStage{{name: "canary", deployment: "d4"}},
			[]string{"d5"},
		},
		{
			"a renamed stage uses it",
			[]string{fresh, "x", "y", "z", "u"},
			"d1",
			[]foundStage{{name: "old", deployment: "d4", tags: application().ResourceTags(nil)}},
			[]string{"d4", "d5"},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			there := deployed()
			there.api.deployments = nil
			for i, description := range tt.newest {
				there.api.deployments = append(there.api.deployments, foundDeployment{
					id: "d" + string(rune('1'+i)), description: description,
					created: time.Unix(int64(1000-i), 0),
				})
			}
			there.api.stages[0].deployment = tt.live
			there.api.stages = append(there.api.stages, tt.others...)
			var got []string
			for _, s := range inGateway(application(), there, recorded()).Steps {
				if s.Action == plan.Delete && s.Type == plan.TypeDeployment {
					got = append(got, s.Name)
				}
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("to be deleted: %q, want %q", got, tt.want)
			}
		})
	}
}

func TestInvokedFunction(t *testing.T) {
	const before = "arn:aws:apigateway:us-west-2:lambda:path/2015-03-31/functions/" +
		"arn:aws:lambda:us-west-2:123456789012:function:"
	for uri, want := range map[string]string{
		before + "chat-dev-websocket_message/invocations":      "websocket_message",
		before + "chat-dev-websocket_message:live/invocations": "websocket_message",
		before + "chat-dev-/invocations":                       "",
		before + "chat-prod-websocket_message/invocations":     "",
		before + "other/invocations":                           "",
		"https://example.com/":                                 "",
		"":                                                     "",
	} {
		if got := invokedFunction(application(), uri); got != want {
			t.Errorf("%s invokes %q, want %q", uri, got, want)
		}
	}
}

func TestLimits(t *testing.T) {
	for _, tt := range []struct {
		region string
		rate   *float64
		want   float64
		same   bool
	}{
		{"us-west-2", nil, 0, true},
		{"us-west-2", aws.Float64(10_000), 0, true}, // what stands for the account's
		{"us-west-2", aws.Float64(2_500), 0, false},
		{"af-south-1", aws.Float64(2_500), 0, true},
		{"af-south-1", aws.Float64(10_000), 0, false},
		{"us-west-2", aws.Float64(0), 0, false}, // it lets no message through
		{"us-west-2", aws.Float64(5), 0, false},
		{"us-west-2", aws.Float64(5), 5, true},
		{"us-west-2", aws.Float64(5), 6, false},
		{"us-west-2", nil, 10_000, false},
	} {
		have := foundStage{region: tt.region, rate: tt.rate}
		diff := have.limitsDiff(spec.StageSettings{ThrottlingRate: tt.want})
		if got := len(diff) == 0; got != tt.same {
			t.Errorf("limit %v for %v: %v", limit(tt.rate), tt.want, diff)
		}
		if len(diff) > 0 && diff[0].From == diff[0].To {
			t.Errorf("limit %v for %v: the change says nothing: %v", limit(tt.rate), tt.want, diff)
		}
	}
}

func TestAccountLimits(t *testing.T) {
	for _, tt := range []struct {
		region     string
		have, want spec.StageSettings
	}{
		{"us-west-2", spec.StageSettings{}, spec.StageSettings{
			ThrottlingRate:  10_000,
			ThrottlingBurst: 5_000,
		}},
		{"mx-central-1", spec.StageSettings{}, spec.StageSettings{
			ThrottlingRate:  2_500,
			ThrottlingBurst: 1_250,
		}},
		{
			"ap-southeast-7",
			spec.StageSettings{ThrottlingRate: 7, DataTrace: true},
			spec.StageSettings{ThrottlingRate: 7, ThrottlingBurst: 1_250, DataTrace: true},
		},
	} {
		if got := withAccountLimits(tt.have, tt.region); got != tt.want {
			t.Errorf("%s: %+v became %+v, want %+v", tt.region, tt.have, got, tt.want)
		}
		rate, burst := spec.AccountLimits(tt.region)
		have := foundStage{region: tt.region, rate: &rate, burst: aws.Int32(int32(burst))}
		if diff := have.limitsDiff(spec.StageSettings{}); len(diff) > 0 {
			t.Errorf("%s: the account's own limits are changed: %v", tt.region, diff)
		}
	}
}

func TestMappingKey(t *testing.T) {
	for path, want := range map[string]string{
		"": "", "/": "", "(none)": "", "v1": "v1", "/v1/": "v1", "a/b": "a/b",
	} {
		if got := spec.MappingKey(path); got != want {
			t.Errorf("%q: got %q, want %q", path, got, want)
		}
	}
}

// TestC29OneRuleForURLs: what clients, functions and other programs connect to, in all partitions.
func TestC29OneRuleForURLs(t *testing.T) {
	for partition, suffix := range map[string]string{
		"aws": "amazonaws.com", "aws-us-gov": "amazonaws.com", "aws-cn": "amazonaws.com.cn",
		"aws-iso": "c2s.ic.gov", "aws-iso-b": "sc2s.sgov.gov",
	} {
		a := spec.Account{ID: "123456789012", Region: "r-1", Partition: partition}
		host := "a1.execute-api.r-1." + suffix
		if got, want := a.URL("a1", "api"), "wss://"+host+"/api/"; got != want {
			t.Errorf("%s: URL %s, want %s", partition, got, want)
		}
		if got, want := a.Endpoint("a1", "api"), "https://"+host+"/api"; got != want {
			t.Errorf("%s: endpoint %s, want %s", partition, got, want)
		}
		want := "arn:" + partition + ":apigateway:r-1:lambda:path/2015-03-31/functions/arn:" + partition +
			":lambda:r-1:123456789012:function:f/invocations"
		if got := a.InvocationURI(a.FunctionARN("f")); got != want {
			t.Errorf("%s: invocation URI %s, want %s", partition, got, want)
		}
	}
}
