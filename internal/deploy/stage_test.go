package deploy_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg/internal/deploy"
)

func TestC32StageSettings(t *testing.T) {
	r, app := newRig(t), echo(t)
	r.aws.AllowStageLogs()
	app.API.Settings = deploy.StageSettings{
		ThrottlingRate: 100, ThrottlingBurst: 50, LoggingLevel: "INFO", DataTrace: true,
		DetailedMetrics: true,
		AccessLogARN:    "arn:aws:logs:us-west-2:123456789012:log-group:access:*",
		AccessLogFormat: "$context.requestId $context.routeKey",
	}
	app.API.Variables = map[string]string{"colour": "blue", "size": "1"}
	must(t, r.deploy(t.Context(), app))
	r.settled(t, app)
	live := r.published(t, "api")
	if live.RateLimit == nil || *live.RateLimit != 100 ||
		live.BurstLimit == nil || *live.BurstLimit != 50 {
		t.Errorf("the limits are %v and %v, want 100 and 50", live.RateLimit, live.BurstLimit)
	}
	if !maps.Equal(live.Variables, app.API.Variables) {
		t.Errorf("the variables are %v", live.Variables)
	}

	app.API.Settings = deploy.StageSettings{ThrottlingRate: 100, ThrottlingBurst: 50}
	app.API.Variables = map[string]string{"colour": "red", "nothing": ""}
	must(t, r.deploy(t.Context(), app))
	r.settled(t, app)
	if got := r.published(t, "api").Variables; !maps.Equal(got, map[string]string{"colour": "red"}) {
		t.Errorf("the variables are %v", got)
	}
	if got := r.calls("DeleteAccessLogSettings"); got != 1 {
		t.Errorf("access logs were switched off %d times", got)
	}
}

// TestC32NoLimitIsZero takes limits away that were set, and sets everything but limits: neither may
// leave a limit of 0, which lets no message through.
func TestC32NoLimitIsZero(t *testing.T) {
	r, app := newRig(t), echo(t)
	for _, s := range []deploy.StageSettings{
		{DetailedMetrics: true},
		{ThrottlingRate: 100},
		{ThrottlingBurst: 100},
		{},
		{ThrottlingRate: 100, ThrottlingBurst: 100},
		{DetailedMetrics: true},
		{},
	} {
		app.API.Settings = s
		must(t, r.deploy(t.Context(), app))
		r.settled(t, app)
		live := r.published(t, "api")
		if rate := live.RateLimit; rate != nil && *rate < 100 {
			t.Errorf("%+v: the rate is %v", s, *rate)
		}
		if burst := live.BurstLimit; burst != nil && *burst < 100 {
			t.Errorf("%+v: the burst is %v", s, *burst)
		}
	}
	for _, call := range r.aws.Calls() {
		settings, _ := call.Input["DefaultRouteSettings"].(map[string]any)
		for _, key := range []string{"ThrottlingRateLimit", "ThrottlingBurstLimit"} {
			if fmt.Sprint(settings[key]) == "0" {
				t.Errorf("%s was called with %v", call.Operation, settings)
			}
		}
	}
}

func TestStageVariablesAreNotShown(t *testing.T) {
	r, app := newRig(t), echo(t)
	app.API.Variables = map[string]string{"key": "secret-1"}
	must(t, r.deploy(t.Context(), app))
	app.API.Variables = map[string]string{"key": "secret-2"}
	d, err := r.deployer(t.Context())
	must(t, err)
	plan, err := d.Plan(t.Context(), app)
	must(t, err)
	if len(plan.Steps) != 1 || len(plan.Steps[0].Changes) != 1 {
		t.Fatalf("the plan is %v", plan.Steps)
	}
	if text := fmt.Sprint(plan.Steps[0].Changes); strings.Contains(text, "secret") ||
		!strings.Contains(text, "variable key") {
		t.Errorf("the plan says %s", text)
	}
}
