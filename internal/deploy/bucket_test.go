package deploy_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tyg-dev/tyg/internal/awstest"
	"github.com/tyg-dev/tyg/internal/deploy"
)

// inBucket is a rig whose state is in S3, in a bucket of another region.
func inBucket(t *testing.T) *rig {
	t.Helper()
	r := newRig(t)
	r.url = "s3://states/teams/tea"
	r.aws.AddBucket("states", "eu-central-1")
	return r
}

// TestStateInS3 deploys, changes and deletes with the state in S3.
func TestStateInS3(t *testing.T) {
	r := inBucket(t)
	must(t, r.deploy(t.Context(), everything(t)))
	r.settled(t, everything(t))
	text, ok := r.aws.Object("states", "teams/tea/chat/dev.json")
	if !ok || !strings.Contains(string(text), `"application": "chat/dev"`) {
		t.Errorf("the state is %s", text)
	}
	if _, locked := r.aws.Object("states", "teams/tea/chat/dev.json.lock"); locked {
		t.Error("the lock is left")
	}
	must(t, r.deploy(t.Context(), changed(t)))
	must(t, r.deploy(t.Context(), changed(t))) // deletes functions that the routes before called
	r.settled(t, changed(t))
	must(t, r.delete(t.Context(), changed(t)))
	r.empty(t)
}

// TestDeployWithStateInS3GoesOn fails a call of a deploy, also those of S3. The lock of a deploy
// that was killed is free after a while.
func TestDeployWithStateInS3GoesOn(t *testing.T) {
	eachCall(t, append(failures(), refusals()...),
		func(_ *testing.T, r *rig) { r.url = "s3://states"; r.aws.AddBucket("states", awstest.Region) },
		func(ctx context.Context, r *rig) error { return r.deploy(ctx, echo(t)) },
		func(t *testing.T, r *rig) {
			r.aws.Pass(time.Hour)
			must(t, r.deploy(t.Context(), echo(t)))
			r.settled(t, echo(t))
			must(t, r.delete(t.Context(), echo(t)))
			r.empty(t)
		})
}

// TestLockInS3 has two deploys at once, and one whose process has died.
func TestLockInS3(t *testing.T) {
	r := inBucket(t)
	first, err := r.deployer(t.Context())
	must(t, err)
	release, err := first.Lock(t.Context())
	must(t, err)
	before := r.aws.Resources()
	err = r.deploy(t.Context(), echo(t))
	for _, part := range []string{
		"s3://states/teams/tea/chat/dev.json is locked by ", " since 20", "another process is deploying",
	} {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("the second deploy says %v; want %q in it", err, part)
		}
	}
	if after := r.aws.Resources(); !slices.Equal(before, after) {
		t.Errorf("there is %q, and was %q", after, before)
	}
	r.aws.Pass(time.Hour) // the first is not heard of
	must(t, r.deploy(t.Context(), echo(t)))
	second, err := r.deployer(t.Context())
	must(t, err)
	taken, err := second.Lock(t.Context())
	must(t, err)
	must(t, release()) // of the first, which has lost the lock
	if _, locked := r.aws.Object("states", "teams/tea/chat/dev.json.lock"); !locked {
		t.Error("the first has freed the lock of the second")
	}
	must(t, taken())
	must(t, r.deploy(t.Context(), echo(t)))
}

// TestStateInS3IsNotOverwritten applies two plans that were made at the same time, without a lock.
func TestStateInS3IsNotOverwritten(t *testing.T) {
	r := inBucket(t)
	first, plan := r.planned(t, echo(t))
	second, other := r.planned(t, echo(t))
	must(t, first.Apply(t.Context(), plan))
	err := second.Apply(t.Context(), other)
	if err == nil || !strings.Contains(err.Error(), "another process is deploying") {
		t.Errorf("the second says %v", err)
	}
}

func TestMissingBucketIsExplained(t *testing.T) {
	r := newRig(t)
	r.url = "s3://none"
	err := r.deploy(t.Context(), echo(t))
	const want = `there is no such bucket; make it with "aws s3 mb s3://none"`
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("the error is %v", err)
	}
	r.url = "http://none"
	if _, err := r.deployer(t.Context()); err == nil {
		t.Error("a URL of another kind is a state")
	}
}

// TestDeployerPolicyHasTheState lets a deployer use its own objects only.
func TestDeployerPolicyHasTheState(t *testing.T) {
	app := echo(t)
	app.StateURL = "s3://states/teams"
	account := deploy.Account{ID: "123456789012", Region: "us-west-2", Partition: "aws"}
	var resources []string
	for _, s := range deploy.DeployerPolicy(app, account).Statement {
		if strings.HasPrefix(s.Action[0], "s3:") {
			resources = append(resources, s.Resource...)
		}
	}
	want := []string{"arn:aws:s3:::states/teams/echo-server/dev.json*", "arn:aws:s3:::states"}
	if !slices.Equal(resources, want) {
		t.Errorf("the policy has %q, want %q", resources, want)
	}
}
