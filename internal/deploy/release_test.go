package deploy_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg/internal/awstest"
	"github.com/tyg-dev/tyg/internal/deploy"
	"github.com/tyg-dev/tyg/internal/sampletest"
)

// released is an application with several functions, whose code and configuration both are those of
// one text. It keeps three releases.
func released(t testing.TB, text string) deploy.Application {
	app := everything(t)
	app.Commit = map[string]string{"two": "0123456789ab"}[text]
	for i := range app.Functions {
		app.Functions[i].Bundle = bundle(t, text)
		app.Functions[i].Environment = map[string]string{"TEXT": text, "TABLE": "chat-dev-rooms"}
	}
	return app
}

// routes returns what is live.
func (r *rig) routes(t *testing.T, app deploy.Application) map[string]awstest.LiveRoute {
	t.Helper()
	state, err := deploy.ReadState(t.Context(), r.store())
	must(t, err)
	api, _ := state.Find(deploy.TypeAPI, "websocket_api")
	live, err := r.aws.Live(api.APIID, app.API.Stage)
	must(t, err)
	return live.Routes
}

// serves fails unless all routes lead to the code and the configuration of a text.
func (r *rig) serves(t *testing.T, text string) {
	t.Helper()
	for key, route := range r.routes(t, released(t, text)) {
		if got := textOf(t, route.Function); got != text {
			t.Errorf("route %s leads to %s, want %s", key, got, text)
		}
	}
}

// textOf returns the text of the code and of the configuration of a function.
func textOf(t *testing.T, f awstest.Function) string {
	t.Helper()
	for _, text := range []string{"one", "two", "three", "four", "five"} {
		if slices.Equal(f.Zip, bundle(t, text).Zip) {
			if f.Environment["TEXT"] != text {
				return fmt.Sprintf("code %s with configuration %s", text, f.Environment["TEXT"])
			}
			return text
		}
	}
	return "other code"
}

// releases returns the releases of the stage.
func (r *rig) releases(t *testing.T) deploy.Releases {
	t.Helper()
	d, err := r.deployer(t.Context())
	must(t, err)
	all, err := d.Releases(t.Context(), everything(t))
	must(t, err)
	return all
}

// numbers returns the numbers of the releases, each with its share of the events if it gets some.
func (r *rig) numbers(t *testing.T) string {
	t.Helper()
	var list []string
	for _, release := range r.releases(t).All {
		text := fmt.Sprint(release.Number)
		if release.Share > 0 {
			text += ":" + deploy.Percent(release.Share)
		}
		list = append(list, text)
	}
	return strings.Join(list, " ")
}

// rollback makes a release live, the one before if number is 0.
func (r *rig) rollback(ctx context.Context, app deploy.Application, number int) error {
	d, err := r.deployer(ctx)
	if err != nil {
		return err
	}
	move, err := d.PlanRollback(ctx, app, number)
	if err == nil {
		err = d.Move(ctx, move)
	}
	return err
}

func (r *rig) promote(ctx context.Context, app deploy.Application) error {
	d, err := r.deployer(ctx)
	if err != nil {
		return err
	}
	move, err := d.PlanPromotion(ctx, app)
	if err == nil {
		err = d.Move(ctx, move)
	}
	return err
}

// warned fails unless a plan warns with a text.
func warned(t *testing.T, p deploy.Plan, text string) {
	t.Helper()
	if !slices.ContainsFunc(p.Warnings, func(w string) bool { return strings.Contains(w, text) }) {
		t.Errorf("warnings are %q, want one with %q", p.Warnings, text)
	}
}

func TestDeployPublishesReleases(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for i, text := range []string{"one", "two", "two", "three"} {
		must(t, r.deploy(t.Context(), released(t, text)))
		r.serves(t, text)
		r.settled(t, released(t, text))
		if want := []string{"1:100%", "2:100% 1", "2:100% 1", "3:100% 2 1"}[i]; r.numbers(t) != want {
			t.Errorf("releases are %s, want %s", r.numbers(t), want)
		}
	}
	if all := r.releases(t).All; all[1].Commit != "0123456789ab" || all[0].Commit != "" ||
		all[0].Published.IsZero() || len(all[0].Versions) != 3 {
		t.Errorf("releases are %+v", all)
	}
	must(t, r.deploy(t.Context(), released(t, "four")))
	if got := r.numbers(t); got != "4:100% 3 2" {
		t.Errorf("of four releases, three of which are kept, there are %s", got)
	}
}

// A release is all functions, also those that do not change in it.
func TestReleaseHasAllFunctions(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	app := released(t, "one")
	must(t, r.deploy(t.Context(), app))
	app.Functions[0].MemorySize = 256
	must(t, r.deploy(t.Context(), app))
	for _, release := range r.releases(t).All {
		if len(release.Versions) != len(app.Functions) {
			t.Errorf("release %d has %d of %d functions", release.Number, len(release.Versions),
				len(app.Functions))
		}
	}
}

// The function that accepts clients moves last, at a deploy and at a rollback.
func TestConnectMovesLast(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	must(t, r.deploy(t.Context(), released(t, "one")))
	must(t, r.deploy(t.Context(), released(t, "two")))
	must(t, r.rollback(t.Context(), released(t, "two"), 0))
	var moved []string
	for _, call := range r.aws.Calls() {
		if call.Operation == "CreateAlias" || call.Operation == "UpdateAlias" {
			moved = append(moved, call.Input["FunctionName"].(string))
		}
	}
	for i := 2; i < len(moved); i += 3 {
		if moved[i] != "chat-dev-websocket_connect" {
			t.Errorf("aliases move in the order %q", moved)
		}
	}
	if len(moved) != 9 {
		t.Errorf("aliases have moved %d times", len(moved))
	}
}

// What is not in a version makes no release.
func TestTagsMakeNoRelease(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	app := released(t, "one")
	must(t, r.deploy(t.Context(), app))
	app.Tags = map[string]string{"team": "coffee"}
	limit := 7
	app.Functions[1].ReservedConcurrency = &limit
	must(t, r.deploy(t.Context(), app))
	if got := r.numbers(t); got != "1:100%" {
		t.Errorf("releases are %s", got)
	}
}

func TestRollback(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	ctx, app := t.Context(), released(t, "three")
	for _, text := range []string{"one", "two", "three"} {
		must(t, r.deploy(ctx, released(t, text)))
	}
	must(t, r.rollback(ctx, app, 0))
	r.serves(t, "two")
	plan, err := r.plan(t, app)
	must(t, err)
	warned(t, plan, "release 2 is live, and the newest is release 3")
	for _, s := range plan.Steps {
		if s.Type != deploy.TypeAlias || s.Changes[0].From != "release 2" ||
			s.Changes[0].To != "release 3" {
			t.Errorf("after a rollback a deploy would %v %v", s, s.Changes)
		}
	}
	if len(plan.Steps) != len(app.Functions) {
		t.Errorf("%d aliases would move, want %d", len(plan.Steps), len(app.Functions))
	}
	must(t, r.rollback(ctx, app, 0))
	r.serves(t, "one")
	if got := r.numbers(t); got != "3 2 1:100%" {
		t.Errorf("releases are %s", got)
	}
	if err := r.rollback(ctx, app, 0); err == nil ||
		!strings.Contains(err.Error(), "no release before the live one, 1") {
		t.Errorf("rolling back from the first release: %v", err)
	}
	if err := r.rollback(ctx, app, 9); err == nil ||
		!strings.Contains(err.Error(), "no release 9; those that are kept are 3, 2, 1") {
		t.Errorf("rolling back to a release that is not there: %v", err)
	}
	must(t, r.rollback(ctx, app, 3))
	r.serves(t, "three")
	must(t, r.rollback(ctx, app, 1))
	must(t, r.deploy(ctx, app))
	r.serves(t, "three")
	r.settled(t, app)
	must(t, r.delete(ctx, app))
	r.empty(t)
}

// The live release stays, however old it is, until the deploy after the one that replaces it:
// events may be on their way to it.
func TestTheLiveReleaseIsKept(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	ctx := t.Context()
	app := released(t, "one")
	must(t, r.deploy(ctx, app))
	must(t, r.deploy(ctx, released(t, "two")))
	must(t, r.rollback(ctx, app, 1))
	app = released(t, "three")
	app.Releases = 1
	must(t, r.deploy(ctx, app))
	if got := r.numbers(t); got != "3:100% 1" {
		t.Errorf("releases are %s, want the new one and that which was live", got)
	}
	must(t, r.deploy(ctx, app))
	if got := r.numbers(t); got != "3:100%" {
		t.Errorf("releases are %s, want the new one", got)
	}
	r.settled(t, app)
}

// A release without a function to which routes lead cannot be live.
func TestRollbackToOtherFunctions(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	ctx := t.Context()
	old := released(t, "two")
	old.Functions = old.Functions[1:]
	old.API.Routes = slices.DeleteFunc(old.API.Routes, func(route deploy.Route) bool {
		return route.Function == "websocket_connect"
	})
	old.API.Authorizer, old.API.APIKey = nil, false
	old.Functions = old.Functions[:1]
	must(t, r.deploy(ctx, old))
	app := released(t, "three")
	must(t, r.deploy(ctx, app))
	err := r.rollback(ctx, app, 0)
	if err == nil || !strings.Contains(err.Error(), "release 1 has no websocket_authorizer, "+
		"websocket_connect, and routes lead there") ||
		!strings.Contains(err.Error(), "commit 0123456789ab") {
		t.Errorf("error %v", err)
	}
	r.serves(t, "three")
	if all := r.releases(t).All; !all[0].Whole || all[1].Whole {
		t.Errorf("releases are %+v", all)
	}
	// The other way round the release lacks nothing that routes lead to.
	must(t, r.deploy(ctx, old))
	must(t, r.deploy(ctx, old)) // deletes what no route needs any more
	old.Functions[0].Bundle = bundle(t, "four")
	must(t, r.deploy(ctx, old))
	must(t, r.rollback(ctx, old, 0))
}

// A release that a deploy has not finished is no place to go back to.
func TestRollbackLeavesOutUnfinishedReleases(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	ctx := t.Context()
	must(t, r.deploy(ctx, released(t, "one")))
	published := 0
	r.aws.SetFault(func(_ int, _, operation string) awstest.Fault {
		if operation == "PublishVersion" {
			published++
		}
		if published > 1 {
			return awstest.Refuse
		}
		return awstest.None
	})
	if err := r.deploy(ctx, released(t, "two")); err == nil {
		t.Error("the deploy did not fail")
	}
	r.aws.SetFault(nil)
	must(t, r.deploy(ctx, released(t, "three")))
	if got := r.numbers(t); got != "3:100% 2 1" {
		t.Errorf("releases are %s", got)
	}
	must(t, r.rollback(ctx, released(t, "three"), 0))
	r.serves(t, "one")
}

func TestCanary(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	ctx := t.Context()
	must(t, r.deploy(ctx, released(t, "one")))
	app := released(t, "two")
	app.Canary = 0.1
	must(t, r.deploy(ctx, app))
	for key, route := range r.routes(t, app) {
		if textOf(t, route.Function) != "one" || textOf(t, route.Canary) != "two" || route.Share != 0.1 {
			t.Errorf("route %s leads to %s, and to %s for %v", key, textOf(t, route.Function),
				textOf(t, route.Canary), route.Share)
		}
	}
	r.settled(t, app)
	if got := r.numbers(t); got != "2:10% 1:90%" {
		t.Errorf("releases are %s", got)
	}
	app.Canary = 0.5
	must(t, r.deploy(ctx, app))
	app.Canary = 0
	plan, err := r.plan(t, app)
	must(t, err)
	warned(t, plan, "50% of the events go to release 2, the others to release 1")
	must(t, r.promote(ctx, app))
	r.serves(t, "two")
	r.settled(t, app)
	app.Canary = 0.1
	plan, err = r.plan(t, app)
	must(t, err)
	warned(t, plan, "--canary has no effect: release 2 gets all events already")
	if err := r.promote(ctx, app); err == nil || !strings.Contains(err.Error(), "no canary") {
		t.Errorf("promoting without a canary: %v", err)
	}
}

// Where events do not come by the alias, moving it would change nothing.
func TestRollbackWithoutReleasesIsRefused(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	ctx := t.Context()
	must(t, r.deploy(ctx, released(t, "one")))
	must(t, r.deploy(ctx, released(t, "two")))
	plain := released(t, "two")
	plain.Releases = 0
	must(t, r.deploy(ctx, plain))
	if err := r.rollback(ctx, plain, 1); err == nil ||
		!strings.Contains(err.Error(), "has no releases yet") {
		t.Errorf("error %v", err)
	}
}

// Functions invoke their own version, which a policy of the project may not allow.
func TestOwnPoliciesAreWarnedOf(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	app := released(t, "one")
	app.Functions[0].Role = deploy.Role{
		LogicalName: "websocket_connect_role",
		Policy:      []byte(`{"Version":"2012-10-17","Statement":[]}`),
	}
	for open, want := range map[bool]int{false: 0, true: 1} {
		app.API.Open = open
		plan, err := r.plan(t, app)
		must(t, err)
		n := 0
		for _, w := range plan.Warnings {
			if strings.Contains(w, "on arn:aws:lambda:us-west-2:123456789012:"+
				"function:chat-dev-websocket_connect:*") {
				n++
			}
		}
		if n != want {
			t.Errorf("with OnOpen %v warnings are %q", open, plan.Warnings)
		}
	}
}

// A canary ends by a rollback, by a deploy, and by another canary, which starts from the release
// that gets the other events.
func TestCanaryEnds(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	ctx := t.Context()
	must(t, r.deploy(ctx, released(t, "one")))
	canary := func(text string) deploy.Application {
		app := released(t, text)
		app.Canary = 0.25
		return app
	}
	must(t, r.deploy(ctx, canary("two")))
	must(t, r.rollback(ctx, canary("two"), 0))
	if got := r.numbers(t); got != "2 1:100%" {
		t.Errorf("after the rollback releases are %s", got)
	}
	must(t, r.deploy(ctx, canary("three")))
	must(t, r.deploy(ctx, canary("four")))
	if got := r.numbers(t); got != "4:25% 3 2 1:75%" && got != "4:25% 3 1:75%" {
		t.Errorf("after another canary releases are %s", got)
	}
	must(t, r.deploy(ctx, released(t, "four")))
	r.serves(t, "four")
	must(t, r.deploy(ctx, released(t, "four"))) // deletes release 1, which was live
	r.settled(t, released(t, "four"))
}

// A canary is refused where some clients alone cannot have the release.
func TestCanaryIsRefused(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	for name, test := range map[string]struct {
		before bool
		change func(*deploy.Application)
		want   string
	}{
		"nothing live": {want: "function chat-dev-websocket_connect has none"},
		"other routes": {
			true, func(app *deploy.Application) { app.API.Routes[0].Responds = true },
			"changes the routes or the authorizer",
		},
		"another role": {
			true, func(app *deploy.Application) {
				app.Functions[1].Role = deploy.Role{ARN: "arn:aws:iam::123456789012:role/other"}
			}, "with one role only",
		},
		"no releases": {
			true, func(app *deploy.Application) { app.Releases = 0 }, "--canary needs releases",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			app := released(t, "two")
			if test.before {
				must(t, r.deploy(ctx, released(t, "one")))
				test.change(&app)
			}
			app.Canary = 0.1
			if err := r.deploy(ctx, app); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want %q", err, test.want)
			}
		})
	}
}

// A function that is as it should be is no release: here a deploy without releases has changed it.
func TestAFunctionThatIsRightIsPublished(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	ctx := t.Context()
	must(t, r.deploy(ctx, released(t, "one")))
	plain := released(t, "two")
	plain.Releases = 0
	must(t, r.deploy(ctx, plain))
	must(t, r.deploy(ctx, released(t, "two")))
	r.serves(t, "two")
	r.settled(t, released(t, "two"))
}

// watched calls do, and after each call to AWS it looks at what is live: a client must never reach
// code with the configuration of other code, nor nothing.
func (r *rig) watched(t *testing.T, app deploy.Application, do func() error) error {
	t.Helper()
	state, err := deploy.ReadState(t.Context(), r.store())
	must(t, err)
	api, _ := state.Find(deploy.TypeAPI, "websocket_api")
	r.observe = func() {
		for _, look := range []func(string, string) (awstest.Live, error){r.aws.Live, r.aws.LiveBefore} {
			live, err := look(api.APIID, app.API.Stage)
			if err != nil && strings.Contains(err.Error(), "has no deployment") {
				continue // before the first one
			}
			if err != nil {
				t.Errorf("after call %d clients get an error: %v", len(r.aws.Calls()), err)
			}
			for key, route := range live.Routes {
				if text := textOf(t, route.Function); strings.Contains(text, " ") && err == nil {
					t.Errorf("after call %d route %s leads to %s", len(r.aws.Calls()), key, text)
				}
			}
		}
	}
	defer func() { r.observe = nil }()
	return do()
}

// TestCodeAndConfigurationChangeAtOnce fails a call of a deploy, and looks after each call at what
// clients get. The next deploy repairs it, and clients get whole releases all the time.
func TestCodeAndConfigurationChangeAtOnce(t *testing.T) {
	before := func(t *testing.T, r *rig) { must(t, r.deploy(t.Context(), released(t, "one"))) }
	deployed := func(ctx context.Context, r *rig) error {
		return r.watched(t, released(t, "one"), func() error { return r.deploy(ctx, released(t, "two")) })
	}
	eachCall(t, failures(), before, deployed, func(t *testing.T, r *rig) {
		must(t, r.watched(t, released(t, "two"), func() error {
			return r.deploy(t.Context(), released(t, "two"))
		}))
		r.serves(t, "two")
		r.settled(t, released(t, "two"))
		if got := r.numbers(t); got != "2:100% 1" {
			t.Errorf("releases are %s", got)
		}
	})
}

// TestAliasesWaitForVersions: a run that dies while a version is pending leaves it to the next one.
func TestAliasesWaitForVersions(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	must(t, r.deploy(t.Context(), released(t, "one")))
	r.aws.Settle = 3
	ctx, cancel := context.WithCancel(t.Context())
	r.aws.SetFault(func(_ int, _, operation string) awstest.Fault {
		if operation == "PublishVersion" {
			cancel()
		}
		return awstest.None
	})
	if err := r.deploy(ctx, released(t, "two")); err == nil {
		t.Error("the deploy has survived its end")
	}
	r.aws.SetFault(nil)
	must(t, r.watched(t, released(t, "two"), func() error {
		return r.deploy(t.Context(), released(t, "two"))
	}))
	r.serves(t, "two")
}

// TestRollbackGoesOn fails a call of a rollback. The next one finishes it.
func TestRollbackGoesOn(t *testing.T) {
	before := func(t *testing.T, r *rig) {
		must(t, r.deploy(t.Context(), released(t, "one")))
		must(t, r.deploy(t.Context(), released(t, "two")))
	}
	eachCall(t, append(failures(), refusals()...), before,
		func(ctx context.Context, r *rig) error {
			return r.watched(t, released(t, "two"), func() error {
				return r.rollback(ctx, released(t, "two"), 1)
			})
		},
		func(t *testing.T, r *rig) {
			must(t, r.rollback(t.Context(), released(t, "two"), 1))
			r.serves(t, "one")
		})
}

// TestMigrationToReleases fails a call of the deploy that makes the first release of what was
// deployed without. Clients never get an error, not even where the routes are the old ones.
func TestMigrationToReleases(t *testing.T) {
	plain := func(text string) deploy.Application {
		app := released(t, text)
		app.Releases = 0
		return app
	}
	reached := func(t *testing.T, r *rig, do func() error) error {
		state, err := deploy.ReadState(t.Context(), r.store())
		must(t, err)
		api, _ := state.Find(deploy.TypeAPI, "websocket_api")
		r.observe = func() {
			for _, look := range []func(string, string) (awstest.Live, error){r.aws.Live, r.aws.LiveBefore} {
				_, err := look(api.APIID, "api")
				if err != nil && !strings.Contains(err.Error(), "has no deployment") {
					t.Errorf("after call %d clients get an error: %v", len(r.aws.Calls()), err)
				}
			}
		}
		defer func() { r.observe = nil }()
		return do()
	}
	eachCall(t, failures(),
		func(t *testing.T, r *rig) { must(t, r.deploy(t.Context(), plain("one"))) },
		func(ctx context.Context, r *rig) error {
			return reached(t, r, func() error { return r.deploy(ctx, released(t, "one")) })
		},
		func(t *testing.T, r *rig) {
			must(t, reached(t, r, func() error { return r.deploy(t.Context(), released(t, "one")) }))
			r.serves(t, "one")
			r.settled(t, released(t, "one"))
			for key, route := range r.routes(t, released(t, "one")) {
				if route.Function.Version == "$LATEST" {
					t.Errorf("route %s does not lead to a version", key)
				}
			}
			// And back.
			must(t, reached(t, r, func() error { return r.deploy(t.Context(), plain("two")) }))
			r.serves(t, "two")
			r.settled(t, plain("two"))
			must(t, r.delete(t.Context(), plain("two")))
			r.empty(t)
		})
}

// TestReleasesEndWellAfterManyFailures deploys and rolls back in turn, and fails at random calls.
func TestReleasesEndWellAfterManyFailures(t *testing.T) {
	for _, seed := range sampletest.Numbers(t, 12, 1) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			sampletest.SayHowToRepeat(t, "./internal/deploy")
			r, rng := newRig(t), rand.New(rand.NewPCG(uint64(seed), 1))
			must(t, r.deploy(t.Context(), released(t, "one")))
			kinds := append(failures(), refusals()...)
			for range 10 {
				app := released(t, []string{"one", "two", "three"}[rng.IntN(3)])
				do := func(ctx context.Context) error { return r.deploy(ctx, app) }
				switch rng.IntN(4) {
				case 0:
					do = func(ctx context.Context) error { return r.rollback(ctx, app, 0) }
				case 1:
					app.Canary = 0.1
				case 2:
					do = func(ctx context.Context) error { return r.promote(ctx, app) }
				}
				d, at := kinds[rng.IntN(len(kinds))], rng.IntN(80)
				err := r.watched(t, app, func() error {
					_, err := r.withFailure(t, d, at, do)
					return err
				})
				t.Logf("call %d %s: %v", at, d.name, err)
			}
			must(t, r.deploy(t.Context(), released(t, "four")))
			must(t, r.deploy(t.Context(), released(t, "four")))
			r.serves(t, "four")
			r.settled(t, released(t, "four"))
			must(t, r.rollback(t.Context(), released(t, "four"), 0))
			must(t, r.delete(t.Context(), released(t, "four")))
			r.empty(t)
		})
	}
}
