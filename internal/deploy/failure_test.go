package deploy_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/tyg-dev/tyg/internal/awstest"
	"github.com/tyg-dev/tyg/internal/deploy"
	"github.com/tyg-dev/tyg/internal/sampletest"
)

// A failure is what happens at one call of a run.
type failure struct {
	name  string
	fault awstest.Fault
	dies  bool // the process is killed at the call, on top of the fault
}

func failures() []failure {
	return []failure{
		{"is refused", awstest.Refuse, false},
		{"loses its answer", awstest.Lose, false},
		{"loses its first answer", awstest.LoseOnce, false},
		{"is the last before a kill", awstest.None, true},
	}
}

// refusals change nothing on AWS.
func refusals() []failure {
	return []failure{
		{"is not allowed", awstest.Deny, false},
		{"is throttled", awstest.Throttle, false},
	}
}

// withFailure runs do with a failure at one of its calls. It returns how many calls do made.
func (r *rig) withFailure(
	t *testing.T, d failure, at int, do func(context.Context) error,
) (calls int, err error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	before := len(r.aws.Calls())
	r.aws.SetFault(func(n int, _, _ string) awstest.Fault {
		if n-before != at {
			return awstest.None
		}
		if d.dies {
			cancel()
		}
		return d.fault
	})
	defer r.aws.SetFault(nil)
	err = do(ctx)
	return len(r.aws.Calls()) - before, err
}

// eachCall runs do once for each failure at each of its calls: all of them in an exhaustive run,
// else one call with one failure. Each run has a rig of its own, which prepare sets up.
func eachCall(
	t *testing.T, failures []failure, prepare func(*testing.T, *rig), do func(context.Context,
		*rig) error,
	after func(*testing.T, *rig),
) {
	t.Helper()
	calls := countCalls(t, prepare, do)
	for _, i := range sampletest.Numbers(t, len(failures), 1) {
		d := failures[i]
		t.Run(d.name, func(t *testing.T) {
			t.Parallel()
			for _, at := range sampletest.Numbers(t, calls, 1) {
				ok := t.Run(fmt.Sprint(at), func(t *testing.T) {
					sampletest.SayHowToRepeat(t, "./internal/deploy")
					r := newRig(t)
					prepare(t, r)
					runWithFailure(t, r, d, at, do)
					after(t, r)
				})
				if !ok {
					return
				}
			}
		})
	}
}

// countCalls returns how many calls do makes. A run that fails at one of them has made the same
// ones before.
func countCalls(
	t *testing.T, prepare func(*testing.T, *rig), do func(context.Context, *rig) error,
) int {
	t.Helper()
	r := newRig(t)
	prepare(t, r)
	before := len(r.aws.Calls())
	must(t, do(t.Context(), r))
	return len(r.aws.Calls()) - before
}

// runWithFailure runs do with a failure at one of its calls, which must be made.
func runWithFailure(t *testing.T, r *rig, d failure, at int, do func(context.Context, *rig) error) {
	t.Helper()
	calls, err := r.withFailure(t, d, at, func(ctx context.Context) error { return do(ctx, r) })
	if calls <= at {
		t.Errorf("call %d is never made; there are %d", at, calls)
	}
	if d.fault == awstest.Deny && err == nil {
		t.Error("a call that was not allowed went unnoticed")
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func nothing(*testing.T, *rig) {}

// TestC3DeployGoesOn fails a call of a first deploy. The next deploy finishes it, and a delete then
// leaves nothing.
func TestC3DeployGoesOn(t *testing.T) {
	eachCall(t, append(failures(), refusals()...), nothing,
		func(ctx context.Context, r *rig) error { return r.deploy(ctx, everything(t)) },
		func(t *testing.T, r *rig) {
			r.deployAndDelete(t, everything(t))
		})
}

// TestC3DeleteFindsWhatADeployHasLeft strikes a first deploy at every call and gives up. The delete
// leaves nothing.
func TestC3DeleteFindsWhatADeployHasLeft(t *testing.T) {
	eachCall(t, failures(), nothing,
		func(ctx context.Context, r *rig) error { return r.deploy(ctx, everything(t)) },
		func(t *testing.T, r *rig) {
			must(t, r.delete(t.Context(), everything(t)))
			r.empty(t)
		})
}

// TestC1UpdateGoesOn fails a call of a deploy that changes nearly everything.
func TestC1UpdateGoesOn(t *testing.T) {
	eachCall(t, failures(),
		func(t *testing.T, r *rig) { must(t, r.deploy(t.Context(), everything(t))) },
		func(ctx context.Context, r *rig) error { return r.deploy(ctx, changed(t)) },
		func(t *testing.T, r *rig) {
			r.deployAndDelete(t, changed(t))
		})
}

// TestC2DeleteGoesOn fails a call of a delete. The next delete finishes it.
func TestC2DeleteGoesOn(t *testing.T) {
	eachCall(t, failures(),
		func(t *testing.T, r *rig) { must(t, r.deploy(t.Context(), everything(t))) },
		func(ctx context.Context, r *rig) error { return r.delete(ctx, everything(t)) },
		func(t *testing.T, r *rig) {
			must(t, r.delete(t.Context(), everything(t)))
			r.empty(t)
			state, err := deploy.ReadState(t.Context(), r.store())
			if err != nil || len(state.Resources) > 0 {
				t.Errorf("the state file has %v, %v", state.Resources, err)
			}
		})
}

// TestDeployEndsWellAfterManyFailures fails several deploys in turn, at random calls, while the
// application changes to and fro.
func TestDeployEndsWellAfterManyFailures(t *testing.T) {
	for _, seed := range sampletest.Numbers(t, 20, 1) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			sampletest.SayHowToRepeat(t, "./internal/deploy")
			r, rng := newRig(t), rand.New(rand.NewPCG(uint64(seed), 1))
			kinds := append(failures(), refusals()...)
			for range 8 {
				app := []deploy.Application{everything(t), changed(t)}[rng.IntN(2)]
				d, at := kinds[rng.IntN(len(kinds))], rng.IntN(60)
				_, err := r.withFailure(t, d, at, func(ctx context.Context) error { return r.deploy(ctx, app) })
				t.Logf("call %d %s: %v", at, d.name, err)
			}
			r.deployAndDelete(t, everything(t))
		})
	}
}

// TestC2DeleteOfDeletedResources deletes everything a second time.
func TestC2DeleteOfDeletedResources(t *testing.T) {
	r := newRig(t)
	must(t, r.deploy(t.Context(), everything(t)))
	text := readFile(t, r.file)
	must(t, r.delete(t.Context(), everything(t)))
	writeFile(t, r.file, text)
	must(t, r.delete(t.Context(), everything(t)))
	r.empty(t)
}
