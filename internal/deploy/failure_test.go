package deploy_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/tyg-dev/tyg/internal/awstest"
	"github.com/tyg-dev/tyg/internal/deploy"
)

// A disaster is what happens at one call.
type disaster struct {
	name  string
	fault awstest.Fault
	dies  bool // the process, at the call; what that does to AWS is the fault's
}

func disasters() []disaster {
	return []disaster{
		{"is refused", awstest.Refuse, false},
		{"loses its answer", awstest.Lose, false},
		{"loses its first answer", awstest.LoseOnce, false},
		{"is the last before a kill", awstest.None, true},
	}
}

// hitches leave what is there as it was.
func hitches() []disaster {
	return []disaster{
		{"is not allowed", awstest.Deny, false},
		{"is throttled", awstest.Throttle, false},
	}
}

// struck does something while one call of it is a disaster. It reports how many calls there were.
func (r *rig) struck(
	t *testing.T, d disaster, at int, do func(context.Context) error,
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

// eachCall fails calls of do: all of them in an exhaustive run, else a sample. Each run has a rig
// of its own, which prepare makes ready, and a disaster at one call.
func eachCall(
	t *testing.T, disasters []disaster, prepare func(*testing.T, *rig), do func(context.Context,
		*rig) error,
	after func(*testing.T, *rig),
) {
	t.Helper()
	calls := countCalls(t, prepare, do)
	for _, d := range disasters {
		t.Run(d.name, func(t *testing.T) {
			t.Parallel()
			for _, at := range sample(t, calls, sampleSize) {
				ok := t.Run(fmt.Sprint(at), func(t *testing.T) {
					sayHowToRepeat(t)
					r := newRig(t)
					prepare(t, r)
					strike(t, r, d, at, do)
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

// strike does something with a disaster at one of its calls.
func strike(t *testing.T, r *rig, d disaster, at int, do func(context.Context, *rig) error) {
	t.Helper()
	calls, err := r.struck(t, d, at, func(ctx context.Context) error { return do(ctx, r) })
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

// TestC3DeployGoesOn strikes a first deploy at each call. The next deploy finishes it, and a delete
// then leaves nothing.
func TestC3DeployGoesOn(t *testing.T) {
	eachCall(t, append(disasters(), hitches()...), nothing,
		func(ctx context.Context, r *rig) error { return r.deploy(ctx, everything(t)) },
		func(t *testing.T, r *rig) {
			r.comesAndGoes(t, everything(t))
		})
}

// TestC3DeleteFindsWhatADeployHasLeft strikes a first deploy at every call and gives up. The delete
// leaves nothing.
func TestC3DeleteFindsWhatADeployHasLeft(t *testing.T) {
	eachCall(t, disasters(), nothing,
		func(ctx context.Context, r *rig) error { return r.deploy(ctx, everything(t)) },
		func(t *testing.T, r *rig) {
			must(t, r.delete(t.Context(), everything(t)))
			r.empty(t)
		})
}

// TestC1UpdateGoesOn strikes a deploy that changes nearly everything.
func TestC1UpdateGoesOn(t *testing.T) {
	eachCall(t, disasters(),
		func(t *testing.T, r *rig) { must(t, r.deploy(t.Context(), everything(t))) },
		func(ctx context.Context, r *rig) error { return r.deploy(ctx, changed(t)) },
		func(t *testing.T, r *rig) {
			r.comesAndGoes(t, changed(t))
		})
}

// TestC2DeleteGoesOn strikes a delete at each call. The next one finishes it.
func TestC2DeleteGoesOn(t *testing.T) {
	eachCall(t, disasters(),
		func(t *testing.T, r *rig) { must(t, r.deploy(t.Context(), everything(t))) },
		func(ctx context.Context, r *rig) error { return r.delete(ctx, everything(t)) },
		func(t *testing.T, r *rig) {
			must(t, r.delete(t.Context(), everything(t)))
			r.empty(t)
			state, err := deploy.ReadState(r.file)
			if err != nil || len(state.Resources) > 0 {
				t.Errorf("the state file has %v, %v", state.Resources, err)
			}
		})
}

// TestManyDisasters has one after the other, at calls and of kinds that chance picks, while the
// application changes to and fro.
func TestManyDisasters(t *testing.T) {
	for _, seed := range sample(t, 20, 1) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			sayHowToRepeat(t)
			r, rng := newRig(t), rand.New(rand.NewPCG(uint64(seed), 1))
			kinds := append(disasters(), hitches()...)
			for range 8 {
				app := []deploy.Application{everything(t), changed(t)}[rng.IntN(2)]
				d, at := kinds[rng.IntN(len(kinds))], rng.IntN(60)
				_, err := r.struck(t, d, at, func(ctx context.Context) error { return r.deploy(ctx, app) })
				t.Logf("call %d %s: %v", at, d.name, err)
			}
			r.comesAndGoes(t, everything(t))
		})
	}
}

// TestC2DeleteOfWhatIsGone takes each thing away by hand before the delete.
func TestC2DeleteOfWhatIsGone(t *testing.T) {
	r := newRig(t)
	must(t, r.deploy(t.Context(), everything(t)))
	text := readFile(t, r.file)
	must(t, r.delete(t.Context(), everything(t)))
	writeFile(t, r.file, text)
	must(t, r.delete(t.Context(), everything(t)))
	r.empty(t)
}
