package deploy_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tyg-dev/tyg/internal/awstest"
	"github.com/tyg-dev/tyg/internal/deploy"
	"github.com/tyg-dev/tyg/internal/deploy/spec"
)

const (
	jobsQueue = "jobs"
	stream    = "arn:aws:dynamodb:us-west-2:123456789012:table/orders/stream/2026-11-22T09:00:00.000"
)

// newSources is a rig with the sources of triggered and retriggered.
func newSources(t *testing.T) *rig {
	r := newRig(t)
	addSources(t, r)
	return r
}

func addSources(_ *testing.T, r *rig) {
	r.aws.AddQueue(jobsQueue, 0)
	r.aws.AddQueue("urgent.fifo", 0)
	r.aws.AddStream("orders")
	r.aws.AddTopic("alarms")
	r.aws.AddTopic("news")
	r.aws.AddBus("shop")
}

// triggered is an application with a trigger of each source.
func triggered(t testing.TB) deploy.Application {
	app := echo(t)
	app.Name, app.Tags = "shop", map[string]string{"team": "tea"}
	app.Triggers = []deploy.Trigger{
		{
			Name: "jobs", Source: spec.SQS, From: jobsQueue, BatchSize: 20, Window: 5, Concurrency: 3,
			Filter: `{"body":{"kind":["a"]}}`,
		},
		{Name: "changes", Source: spec.DynamoDB, From: stream, Window: -1, Oldest: true},
		{Name: "nightly", Source: spec.Schedule, From: "cron(0 3 * * ? *)", Window: -1},
		{
			Name: "orders", Source: spec.EventBridge, From: "shop", Window: -1,
			Filter: `{"source":["shop"]}`,
		},
		{Name: "alarms", Source: spec.SNS, From: "alarms", Filter: `{"level":["high"]}`, Window: -1},
		{Name: "hook", Source: spec.HTTP, Public: true, Window: -1},
	}
	for _, tr := range app.Triggers {
		app.Functions = append(app.Functions, function(t, tr.Name, "one"))
	}
	return app
}

// retriggered is what triggered becomes: each trigger with other settings or another source, one
// with another kind of source, one gone.
func retriggered(t testing.TB) deploy.Application {
	app := triggered(t)
	app.Tags = map[string]string{"team": "coffee"}
	app.Triggers = []deploy.Trigger{
		{Name: "jobs", Source: spec.SQS, From: "urgent.fifo", Window: -1},
		{Name: "changes", Source: spec.DynamoDB, From: stream, BatchSize: 7, Window: 1},
		{Name: "nightly", Source: spec.EventBridge, From: "default", Filter: `{"a":["b"]}`, Window: -1},
		{Name: "orders", Source: spec.Schedule, From: "rate(1 minute)", Window: -1},
		{Name: "alarms", Source: spec.SNS, From: "news", Window: -1},
	}
	app.Functions = slices.DeleteFunc(app.Functions, func(fn deploy.Function) bool {
		return fn.LogicalName == "hook"
	})
	return app
}

// triggersWork fails unless every source leads to its function.
func (r *rig) triggersWork(t *testing.T, app deploy.Application) {
	t.Helper()
	here := deploy.Account{ID: awstest.Account, Region: awstest.Region, Partition: "aws"}
	for _, tr := range app.At(here).Triggers {
		fn, err := r.leadsTo(t, app, tr)
		want := app.FunctionName(tr.Name)
		if err != nil || fn.Name != want || fn.Environment["TYG_TRIGGER"] != tr.Name {
			t.Errorf("trigger %s leads to %q with TYG_TRIGGER=%q, %v; want %s", tr.Name, fn.Name,
				fn.Environment["TYG_TRIGGER"], err, want)
		}
	}
}

func (r *rig) leadsTo(
	t *testing.T, app deploy.Application, tr deploy.Trigger,
) (awstest.Function, error) {
	switch tr.Source {
	case spec.SNS:
		fn, filter, err := r.aws.Subscriber(tr.From)
		if err == nil && filter != tr.Filter {
			err = fmt.Errorf("the filter is %q, not %q", filter, tr.Filter)
		}
		return fn, err
	case spec.HTTP:
		state, err := deploy.ReadState(t.Context(), r.store())
		if err != nil {
			return awstest.Function{}, err
		}
		url, _ := state.Find(deploy.TypeFunctionURL, tr.Name)
		return r.aws.AtURL(url.FunctionURL)
	case spec.Schedule, spec.EventBridge:
		return r.aws.Target(tr.Bus(), app.RuleName(tr))
	}
	batch, err := r.aws.Consumer(tr.From)
	if err == nil && !slices.Contains(fmt.Append(nil, batch.Config["FunctionResponseTypes"]), 'R') {
		err = fmt.Errorf("it does not report failures of single records: %v", batch.Config)
	}
	return batch.Function, err
}

func TestTriggersAreDeployedChangedAndDeleted(t *testing.T) {
	t.Parallel()
	r := newSources(t)
	for _, app := range []deploy.Application{triggered(t), retriggered(t), triggered(t)} {
		must(t, r.deploy(t.Context(), app))
		r.settled(t, app)
		r.live(t, app)
		r.triggersWork(t, app)
	}
	state, err := deploy.ReadState(t.Context(), r.store())
	must(t, err)
	report := strings.Join(state.Report(), "\n")
	if !strings.Contains(report, "HTTP URL of hook: https://") {
		t.Errorf("the report has no URL:\n%s", report)
	}
	must(t, r.delete(t.Context(), triggered(t)))
	r.empty(t)
}

// What leads to functions of an application that has changed leaves nothing behind.
func TestTriggersThatChangeLeaveNothing(t *testing.T) {
	t.Parallel()
	r := newSources(t)
	must(t, r.deploy(t.Context(), triggered(t)))
	must(t, r.deploy(t.Context(), retriggered(t)))
	var got []string
	for _, name := range r.aws.Resources() {
		if strings.HasPrefix(name, "events ") || strings.HasPrefix(name, "sns ") ||
			strings.HasPrefix(name, "lambda mapping ") {
			got = append(got, name)
		}
	}
	arn := "arn:aws:lambda:us-west-2:123456789012:function:shop-dev-"
	want := []string{
		"events rule default shop-dev-nightly", "events rule default shop-dev-orders",
		"lambda mapping shop-dev-changes " + stream,
		"lambda mapping shop-dev-jobs arn:aws:sqs:us-west-2:123456789012:urgent.fifo",
		"sns subscription arn:aws:sns:us-west-2:123456789012:news " + arn + "alarms",
	}
	if !slices.Equal(got, want) {
		t.Errorf("there are\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if fn, err := r.aws.Target("default", "shop-dev-orders"); err != nil {
		t.Errorf("%s: %v", fn.Name, err)
	}
}

// What is not configured keeps the value that it has; a filter that is not configured is none.
func TestTriggerSettingsThatAreNotConfiguredStay(t *testing.T) {
	t.Parallel()
	r, app := newSources(t), triggered(t)
	must(t, r.deploy(t.Context(), app))
	app.Triggers[0] = deploy.Trigger{Name: "jobs", Source: spec.SQS, From: jobsQueue, Window: -1}
	must(t, r.deploy(t.Context(), app))
	r.settled(t, app)
	batch, err := r.aws.Consumer("arn:aws:sqs:us-west-2:123456789012:" + jobsQueue)
	must(t, err)
	got := fmt.Sprintf("%v %v %v %v", batch.Config["BatchSize"],
		batch.Config["MaximumBatchingWindowInSeconds"],
		batch.Config["ScalingConfig"], batch.Config["FilterCriteria"])
	if want := "20 5 map[MaximumConcurrency:3] <nil>"; got != want {
		t.Errorf("the mapping has %s, want %s", got, want)
	}
}

// The triggers' own calls are some of those of a deploy. A failure of each is repaired by the next
// deploy, and a delete finds what it has left.
func TestTriggerFailuresAreRepaired(t *testing.T) {
	eachCall(t, append(failures(), refusals()...), addSources,
		func(ctx context.Context, r *rig) error { return r.deploy(ctx, triggered(t)) },
		func(t *testing.T, r *rig) {
			must(t, r.deploy(t.Context(), triggered(t)))
			r.settled(t, triggered(t))
			r.triggersWork(t, triggered(t))
			must(t, r.delete(t.Context(), triggered(t)))
			r.empty(t)
		})
}

func TestTriggerFailuresAreDeleted(t *testing.T) {
	eachCall(t, failures(), addSources,
		func(ctx context.Context, r *rig) error { return r.deploy(ctx, triggered(t)) },
		func(t *testing.T, r *rig) {
			must(t, r.delete(t.Context(), triggered(t)))
			r.empty(t)
		})
}

func TestTriggerFailuresOfAChange(t *testing.T) {
	eachCall(t, failures(),
		func(t *testing.T, r *rig) {
			addSources(t, r)
			must(t, r.deploy(t.Context(), triggered(t)))
		},
		func(ctx context.Context, r *rig) error { return r.deploy(ctx, retriggered(t)) },
		func(t *testing.T, r *rig) {
			must(t, r.deploy(t.Context(), retriggered(t)))
			r.settled(t, retriggered(t))
			r.triggersWork(t, retriggered(t))
			must(t, r.delete(t.Context(), retriggered(t)))
			r.empty(t)
		})
}

func TestTriggerFailuresOfADelete(t *testing.T) {
	eachCall(t, failures(),
		func(t *testing.T, r *rig) {
			addSources(t, r)
			must(t, r.deploy(t.Context(), triggered(t)))
		},
		func(ctx context.Context, r *rig) error { return r.delete(ctx, triggered(t)) },
		func(t *testing.T, r *rig) {
			must(t, r.delete(t.Context(), triggered(t)))
			r.empty(t)
		})
}

// A rule of another application is not taken, and one of this application is known without the
// state file.
func TestRulesBelongToTheirApplication(t *testing.T) {
	t.Parallel()
	r, app := newSources(t), triggered(t)
	must(t, r.deploy(t.Context(), app))
	r.forget(t)
	r.settledBut(t, app, deploy.Record)

	other := triggered(t)
	other.Stage = "dev-a" // its nightly has the name of our a-nightly
	must(t, r.deploy(t.Context(), other))
	r.forget(t)
	app.Triggers[2].Name = "a-nightly"
	app.Functions = append(app.Functions, function(t, "a-nightly", "one"))
	d, err := r.deployer(t.Context())
	must(t, err)
	_, err = d.Plan(t.Context(), app)
	if err == nil || !strings.Contains(err.Error(), "eventbridge_rule shop-dev-a-nightly exists and") {
		t.Errorf("error is %v", err)
	}
}

// settledBut fails if a plan has other steps than those of one action.
func (r *rig) settledBut(t *testing.T, app deploy.Application, action deploy.Action) {
	t.Helper()
	d, err := r.deployer(t.Context())
	must(t, err)
	plan, err := d.Plan(t.Context(), app)
	must(t, err)
	for _, s := range plan.Steps {
		if s.Action != action {
			t.Errorf("still to do: %v %v", s, s.Changes)
		}
	}
}

func TestTriggersThatAWSWouldRefuse(t *testing.T) {
	for _, tt := range []struct {
		trigger deploy.Trigger
		want    string
	}{
		{deploy.Trigger{Source: spec.SQS, From: "a b"}, "neither the name nor the ARN of a queue"},
		{deploy.Trigger{Source: spec.SQS, From: "q", BatchSize: 11, Window: -1}, "needs maximum_"},
		{deploy.Trigger{Source: spec.SQS, From: "q.fifo", BatchSize: 11, Window: 1}, "FIFO queue"},
		{deploy.Trigger{Source: spec.SQS, From: "q", Concurrency: 1}, "must be 2 to 1000"},
		{deploy.Trigger{Source: spec.SQS, From: "q", Window: 301}, "at most 300"},
		{deploy.Trigger{Source: spec.SQS, From: "q", Filter: "[]"}, "not a pattern"},
		{deploy.Trigger{Source: spec.SNS, From: "t", Window: -1, BatchSize: 1}, "has no batches"},
		{deploy.Trigger{Source: spec.SNS, From: "t", Window: -1, Concurrency: 2}, "is for queues"},
		{deploy.Trigger{Source: spec.DynamoDB, From: "a/b", Window: -1}, "neither the name of a table"},
		{deploy.Trigger{Source: spec.EventBridge, From: "default", Window: -1}, "needs a filter"},
		{deploy.Trigger{Source: spec.Schedule, From: "rate(1 minutes)", Window: -1}, "is neither"},
		{deploy.Trigger{Source: spec.Schedule, From: "every day", Window: -1}, "is neither"},
		{deploy.Trigger{Source: spec.HTTP, Filter: `{"a":[1]}`, Window: -1}, "has no filter"},
		{deploy.Trigger{Source: "kafka", Window: -1}, "there is no source"},
	} {
		app := echo(t)
		tt.trigger.Name = "jobs"
		app.Triggers = []deploy.Trigger{tt.trigger}
		app.Functions = append(app.Functions, function(t, "jobs", "one"))
		if err := deploy.Check(app); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%+v: %v, want an error with %q", tt.trigger, err, tt.want)
		}
	}
	app := echo(t)
	app.Triggers = []deploy.Trigger{{Name: "x", Source: spec.HTTP, Window: -1}}
	if err := deploy.Check(app); err == nil || !strings.Contains(err.Error(), "no function") {
		t.Errorf("a trigger without a function: %v", err)
	}
}

// A queue that hides its messages for less time than the function has is refused by AWS, with its
// own text.
func TestQueueWithShortVisibility(t *testing.T) {
	t.Parallel()
	r, app := newRig(t), echo(t)
	r.aws.AddQueue(jobsQueue, 5*time.Second)
	app.Functions = append(app.Functions, function(t, "jobs", "one"))
	app.Triggers = []deploy.Trigger{{Name: "jobs", Source: spec.SQS, From: jobsQueue, Window: -1}}
	err := r.deploy(t.Context(), app)
	if err == nil || !strings.Contains(err.Error(), "visibility timeout: 5 seconds is less") {
		t.Errorf("error is %v", err)
	}
	must(t, r.delete(t.Context(), app))
	r.empty(t)
}

// TestDeployerPolicyOfTriggers looks each call of a deploy, a change and a delete up in the policy.
func TestDeployerPolicyOfTriggers(t *testing.T) {
	t.Parallel()
	r, app := newSources(t), triggered(t)
	must(t, r.deploy(t.Context(), app))
	must(t, r.deploy(t.Context(), retriggered(t)))
	must(t, r.delete(t.Context(), app))
	var allowed []string
	account := deploy.Account{ID: "123456789012", Region: "us-west-2", Partition: "aws"}
	for _, s := range deploy.DeployerPolicy(app, account).Statement {
		allowed = append(allowed, s.Action...)
	}
	for _, call := range r.aws.Calls() {
		action := call.Service + ":" + call.Operation
		if call.Service != "apigatewayv2" && !slices.Contains(allowed, action) &&
			!actionOf(allowed, action) {
			t.Errorf("%s is called and not in the policy", action)
		}
	}
	for _, s := range deploy.DeployerPolicy(echo(t), account).Statement {
		for _, action := range s.Action {
			if strings.HasPrefix(action, "sns:") || strings.HasPrefix(action, "events:") {
				t.Errorf("an application without triggers may %s", action)
			}
		}
	}
}

// The role of functions may read the sources of its triggers, and no others.
func TestRoleReadsItsSourcesOnly(t *testing.T) {
	t.Parallel()
	r := newSources(t)
	must(t, r.deploy(t.Context(), triggered(t)))
	for resource, want := range map[string]bool{
		"arn:aws:sqs:us-west-2:123456789012:jobs":  true,
		"arn:aws:sqs:us-west-2:123456789012:jobs2": false,
	} {
		if got := r.aws.Allows("shop-dev", "sqs:ReceiveMessage", resource); got != want {
			t.Errorf("%s may be read: %v", resource, got)
		}
	}
	if !r.aws.Allows("shop-dev", "dynamodb:GetRecords", stream) ||
		r.aws.Allows("shop-dev", "dynamodb:GetRecords", strings.Replace(stream, "orders", "other", 1)) {
		t.Error("the wrong streams may be read")
	}
}

// TestTriggersAreDeletedWithoutAStateFile deletes from a fresh checkout, by what the configuration
// has.
func TestTriggersAreDeletedWithoutAStateFile(t *testing.T) {
	t.Parallel()
	r, known := newSources(t), triggered(t)
	must(t, r.deploy(t.Context(), known))
	r.forget(t)
	known.Functions, known.API.Routes = nil, nil
	must(t, r.delete(t.Context(), known))
	r.empty(t)
}

// TestTriggersMoveToReleases fails a call of the deploy that makes the first release of what was
// deployed without. In the end each source leads to it, once, but for the URL, whose name clients
// know; and a delete leaves nothing.
func TestTriggersMoveToReleases(t *testing.T) {
	app := triggered(t)
	app.Releases = 2
	eachCall(t, failures(),
		func(t *testing.T, r *rig) {
			addSources(t, r)
			must(t, r.deploy(t.Context(), triggered(t)))
		},
		func(ctx context.Context, r *rig) error { return r.deploy(ctx, app) },
		func(t *testing.T, r *rig) {
			must(t, r.deploy(t.Context(), app))
			r.settled(t, app)
			r.triggersWork(t, app)
			here := deploy.Account{ID: awstest.Account, Region: awstest.Region, Partition: "aws"}
			for _, tr := range app.At(here).Triggers {
				want := "1"
				if tr.Source == spec.HTTP {
					want = "$LATEST"
				}
				if fn, _ := r.leadsTo(t, app, tr); fn.Version != want {
					t.Errorf("trigger %s leads to version %s, want %s", tr.Name, fn.Version, want)
				}
			}
			plan, err := r.plan(t, app)
			must(t, err)
			warned(t, plan, "the URL of trigger hook is older than releases")
			must(t, r.delete(t.Context(), app))
			r.empty(t)
		})
}

// The URL of a trigger that comes with releases calls the live one.
func TestTriggersOfReleases(t *testing.T) {
	t.Parallel()
	r := newSources(t)
	app := triggered(t)
	app.Releases = 2
	must(t, r.deploy(t.Context(), app))
	for i := range app.Functions {
		app.Functions[i].MemorySize = 512
	}
	must(t, r.deploy(t.Context(), app))
	must(t, r.rollback(t.Context(), app, 1))
	r.triggersWork(t, app)
	here := deploy.Account{ID: awstest.Account, Region: awstest.Region, Partition: "aws"}
	for _, tr := range app.At(here).Triggers {
		if fn, _ := r.leadsTo(t, app, tr); fn.Version != "1" || fn.Memory != 128 {
			t.Errorf("trigger %s leads to version %s with %d MB", tr.Name, fn.Version, fn.Memory)
		}
	}
	gone := app
	gone.Triggers = app.Triggers[:1]
	must(t, r.deploy(t.Context(), gone))
	must(t, r.deploy(t.Context(), gone))
	r.settled(t, gone)
	must(t, r.delete(t.Context(), gone))
	r.empty(t)
}
