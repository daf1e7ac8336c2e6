package function

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/tyg-dev/tyg/internal/deploy/plan"
	"github.com/tyg-dev/tyg/internal/deploy/spec"
)

// onAWS is what there is.
type onAWS struct {
	account   spec.Account
	functions map[string]foundFunction
	ids       plan.IDs
}

func (o onAWS) planner(app spec.Application, state plan.State) *planner {
	return &planner{
		Planner: &plan.Planner{
			App: app, Account: o.account, State: state,
			Known: o.ids,
		}, found: o.functions,
	}
}

// oneFunction is an application with one function, and a function on AWS that is as it should be.
func oneFunction() (spec.Application, onAWS) {
	fn := spec.Function{
		LogicalName: "websocket_message", Bundle: &spec.Bundle{SHA256: "sum"}, Architecture: "arm64",
		Timeout: 29, MemorySize: 128, Role: spec.Role{LogicalName: spec.DefaultRole},
		Environment: map[string]string{"PASSWORD": "hunter2"}, XRay: true,
		Layers: []string{"layer:1"}, SubnetIDs: []string{"subnet-1", "subnet-2"},
		SecurityGroupIDs: []string{"sg-1"},
	}
	app := spec.Application{
		Name: "echo", Stage: "dev", Functions: []spec.Function{fn},
		API: spec.API{Stage: "api", Routes: []spec.Route{{Key: "$default", Function: fn.LogicalName}}},
	}
	here := spec.Account{ID: "123456789012", Region: "us-west-2", Partition: "aws"}
	have := foundFunction{
		logical: fn.LogicalName, arn: here.FunctionARN("echo-dev-websocket_message"),
		code: "sum", architecture: types.ArchitectureArm64,
		handler: "bootstrap", runtime: "provided.al2023", role: "arn:aws:iam::123456789012:role/echo-dev",
		environment: app.Environment(fn, here.Endpoint("abc", "api")),
		timeout:     29, memory: 128, layers: []string{"layer:1"},
		subnets: []string{"subnet-2", "subnet-1"}, securityGroups: []string{"sg-1"},
		tracing: types.TracingModeActive, tags: app.ResourceTags(nil),
		state: types.StateActive, lastUpdate: types.LastUpdateStatusSuccessful,
	}
	return app, onAWS{
		account:   here,
		functions: map[string]foundFunction{"echo-dev-websocket_message": have},
		ids:       plan.IDs{API: "abc", Roles: map[string]string{spec.DefaultRole: have.role}},
	}
}

// planned returns what a planner plans for its functions.
func planned(app spec.Application, found onAWS, state plan.State) *planner {
	b := found.planner(app, state)
	for _, fn := range app.Functions {
		b.function(fn)
	}
	return b
}

// changeFunction changes what was found.
func changeFunction(found onAWS, change func(*foundFunction)) onAWS {
	found.functions = maps.Clone(found.functions)
	for name, have := range found.functions {
		change(&have)
		found.functions[name] = have
	}
	return found
}

func TestUnchangedFunctionNeedsNoStep(t *testing.T) {
	app, found := oneFunction()
	b := planned(app, found, plan.State{})
	if len(b.Steps) != 1 || b.Steps[0].Action != plan.Record {
		t.Fatalf("steps are %v, want one that records the function", b.Steps)
	}
	var state plan.State
	state.Put(b.Steps[0].Resource)
	if b := planned(app, found, state); len(b.Steps) != 0 || len(b.Conflicts) != 0 {
		t.Errorf("steps are %v, want none; conflicts %v", b.Steps, b.Conflicts)
	}
}

func TestFunctionChanges(t *testing.T) {
	five, six := 5, 6
	for _, test := range []struct {
		name   string
		change func(*foundFunction)
		want   string
	}{
		{"code", func(f *foundFunction) { f.code = "old" }, "code: old -> sum"},
		{
			"architecture", func(f *foundFunction) { f.architecture = "x86_64" },
			"architecture: x86_64 -> arm64",
		},
		{"C4 handler", func(f *foundFunction) { f.handler = "main" }, "handler: main -> bootstrap"},
		{
			"runtime", func(f *foundFunction) { f.runtime = "provided.al2" },
			"runtime: provided.al2 -> provided.al2023",
		},
		{
			"role", func(f *foundFunction) { f.role = "other" },
			"role: other -> arn:aws:iam::123456789012:role/echo-dev",
		},
		{"timeout", func(f *foundFunction) { f.timeout = 60 }, "timeout: 60 s -> 29 s"},
		{"memory", func(f *foundFunction) { f.memory = 512 }, "memory: 512 MB -> 128 MB"},
		{"layers", func(f *foundFunction) { f.layers = nil }, "layers:  -> layer:1"},
		{
			"subnets", func(f *foundFunction) { f.subnets = nil }, "subnets:  -> subnet-1, subnet-2",
		},
		{"groups", func(f *foundFunction) { f.securityGroups = nil }, "security groups:  -> sg-1"},
		{
			"tracing", func(f *foundFunction) { f.tracing = "PassThrough" },
			"tracing: PassThrough -> Active",
		},
		{
			"tag", func(f *foundFunction) { f.tags = map[string]string{"tyg": "echo/dev", "old": "x"} },
			"tag old: x -> ",
		},
		{
			"being made", func(f *foundFunction) { f.state = types.StatePending },
			"state: Pending -> Active",
		},
		{
			"being changed", func(f *foundFunction) { f.lastUpdate = types.LastUpdateStatusInProgress },
			"state: InProgress -> Active",
		},
		{
			"could not be changed", func(f *foundFunction) { f.lastUpdate = types.LastUpdateStatusFailed },
			"last update of code: Failed -> Successful, last update of configuration: Failed -> Successful",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			app, found := oneFunction()
			b := planned(app, changeFunction(found, test.change), plan.State{})
			if len(b.Steps) != 1 || b.Steps[0].Action != plan.Update {
				t.Fatalf("steps are %v, want an update", b.Steps)
			}
			if got := changesText(b.Steps[0].Changes); got != test.want {
				t.Errorf("changes are %q, want %q", got, test.want)
			}
		})
	}
	app, found := oneFunction()
	app.Functions[0].ReservedConcurrency = &six
	b := planned(app, changeFunction(found, func(f *foundFunction) { f.concurrency = &five }),
		plan.State{})
	if got, want := changesText(b.Steps[0].Changes), "reserved concurrency: 5 -> 6"; got != want {
		t.Errorf("changes are %q, want %q", got, want)
	}
}

func changesText(all []plan.Change) string {
	var texts []string
	for _, c := range all {
		texts = append(texts, fmt.Sprintf("%s: %s -> %s", c.Property, c.From, c.To))
	}
	return strings.Join(texts, ", ")
}

func TestSecretsAreNotInPlans(t *testing.T) {
	app, found := oneFunction()
	found = changeFunction(found, func(f *foundFunction) {
		f.environment = map[string]string{"PASSWORD": "swordfish", "TOKEN": "xyzzy"}
	})
	app.Functions[0].Environment["NEW"] = "plugh"
	b := planned(app, found, plan.State{})
	want := "environment variable NEW:  -> (set), " +
		"environment variable PASSWORD: (set) -> (another value), " +
		"environment variable TYG_ENDPOINT:  -> (set), " +
		"environment variable TOKEN: (set) -> "
	if got := changesText(b.Steps[0].Changes); got != want {
		t.Errorf("changes are\n%s, want\n%s", got, want)
	}
	text, err := json.Marshal(b.Steps)
	for _, secret := range []string{"hunter2", "swordfish", "xyzzy", "plugh"} {
		if err != nil || strings.Contains(string(text), secret) {
			t.Errorf("%s is in %s; %v", secret, text, err)
		}
	}
}

func TestEnvironmentOfAFunction(t *testing.T) {
	app, _ := oneFunction()
	app.Tables = []spec.Table{
		{LogicalName: "rooms", Name: "echo-dev-rooms", Variable: "TABLE"},
		{Name: "echo-dev-other"},
		{Name: "echo-dev-mine", Variable: "MINE"},
	}
	fn := app.Functions[0]
	fn.Environment = map[string]string{"A": "1", "MINE": "somewhere else"}
	want := map[string]string{
		"A": "1", "TABLE": "echo-dev-rooms", "MINE": "somewhere else", "TYG_ENDPOINT": "https://x/api",
	}
	if got := app.Environment(fn, "https://x/api"); !maps.Equal(got, want) {
		t.Errorf("environment is %v, want %v", got, want)
	}
	fn.Environment[spec.EndpointVariable] = "https://proxy.example.com"
	if got := app.Environment(fn, "https://x/api")[spec.EndpointVariable]; got != "https://proxy.example.com" {
		t.Errorf("endpoint is %s, want the application's own", got)
	}
}

// TestFunctionIsUpdatedWhenItsRoleIsCreatedAgain wants the function told of a new role, although
// its ARN is the old one's.
func TestFunctionIsUpdatedWhenItsRoleIsCreatedAgain(t *testing.T) {
	app, found := oneFunction()
	found.ids.Roles = nil
	b := planned(app, found, plan.State{})
	want := "role: arn:aws:iam::123456789012:role/echo-dev -> a new echo-dev"
	if len(b.Steps) != 1 || changesText(b.Steps[0].Changes) != want {
		t.Errorf("steps are %v, want an update with %q", b.Steps, want)
	}
}

func TestC21LongTimeoutsAreWarnedOf(t *testing.T) {
	app, found := oneFunction()
	if b := planned(app, found, plan.State{}); len(b.Warnings) != 0 {
		t.Errorf("29 seconds give the warnings %q", b.Warnings)
	}
	app.Functions[0].Timeout = 30
	b := planned(app, found, plan.State{})
	if len(b.Warnings) != 1 || !strings.Contains(b.Warnings[0], "lambda_timeout") {
		t.Errorf("warnings are %q, want one about lambda_timeout", b.Warnings)
	}
}

func TestUnownedFunctionIsAConflict(t *testing.T) {
	app, found := oneFunction()
	found = changeFunction(found, func(f *foundFunction) { f.tags = nil; f.timeout = 1 })
	b := planned(app, found, plan.State{})
	if len(b.Steps) != 0 || len(b.Conflicts) != 1 {
		t.Errorf("steps %v, conflicts %v; want one conflict", b.Steps, b.Conflicts)
	}
	var state plan.State
	state.Put(plan.Resource{Name: "websocket_message", Type: plan.TypeFunction})
	if b := planned(app, found, state); len(b.Steps) != 1 || len(b.Conflicts) != 0 {
		t.Errorf("a recorded one: steps %v, conflicts %v; want one step", b.Steps, b.Conflicts)
	}
}

func TestFailedFunctionIsCreatedAgain(t *testing.T) {
	app, found := oneFunction()
	found = changeFunction(found, func(f *foundFunction) {
		f.state, f.grants = types.StateFailed, map[string]grants{"": {"tyg-old": {}}}
	})
	b := planned(app, found, plan.State{})
	b.permissions()
	b.stalePermissions()
	var got []string
	for _, s := range b.Steps {
		got = append(got, s.String())
	}
	name := "echo-dev-websocket_message"
	want := []string{
		"delete lambda_function " + name, "create lambda_function " + name,
		"create lambda_permission " + name,
	}
	if !slices.Equal(got, want) {
		t.Errorf("steps are %q, want %q", got, want)
	}
}

func TestFunctionWithoutCode(t *testing.T) {
	app, found := oneFunction()
	app.Functions[0].Bundle = nil
	if b := planned(app, found, plan.State{}); len(b.Conflicts) != 1 || len(b.Steps) != 0 {
		t.Errorf("steps %v, conflicts %v; want one conflict", b.Steps, b.Conflicts)
	}
}
