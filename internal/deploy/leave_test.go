package deploy_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tyg-dev/tyg/internal/deploy"
)

// TestOldRoutesWorkUntilTheNextDeploy looks at what API Gateway does where the last UpdateStage has
// not spread to yet: it calls the functions of the routes before, which work.
func TestOldRoutesWorkUntilTheNextDeploy(t *testing.T) {
	r := newRig(t)
	must(t, r.deploy(t.Context(), everything(t)))
	app := changed(t)
	app.API.Stage = everything(t).API.Stage
	must(t, r.deploy(t.Context(), app))
	r.live(t, app)
	before, err := r.aws.LiveBefore(r.apiID(t), app.API.Stage)
	if err != nil {
		t.Fatalf("the routes before do not work: %v", err)
	}
	if fn := before.Routes["$connect"].Function.Name; fn != "chat-dev-websocket_connect" {
		t.Errorf("$connect calls %q", fn)
	}
	plan, err := r.plan(t, app)
	must(t, err)
	for _, s := range plan.Steps {
		if s.Action != deploy.Delete {
			t.Errorf("the next deploy has %v", s)
		}
	}
	must(t, r.deploy(t.Context(), app))
	r.settled(t, app)
	for _, res := range r.aws.Resources() {
		if strings.Contains(res, "websocket_connect") || strings.Contains(res, "websocket_authorizer") {
			t.Errorf("%s is left", res)
		}
	}
	must(t, r.delete(t.Context(), app))
	r.empty(t)
}

// inVPC is echo in a VPC.
func inVPC(t *testing.T) deploy.Application {
	t.Helper()
	app := echo(t)
	app.Functions[0].SubnetIDs = []string{"subnet-0a1b2c3d"}
	app.Functions[0].SecurityGroupIDs = []string{"sg-0a1b2c3d"}
	return app
}

// TestRoleOutlivesAVPC takes a function out of a VPC. Its network interfaces are deleted later,
// with the rights of its role, which loses them with the next deploy.
func TestRoleOutlivesAVPC(t *testing.T) {
	r := newRig(t)
	plan, err := r.plan(t, inVPC(t))
	must(t, err)
	if len(plan.Warnings) != 1 || !strings.Contains(plan.Warnings[0], "NAT gateway") {
		t.Errorf("the warnings are %q", plan.Warnings)
	}
	must(t, r.deploy(t.Context(), inVPC(t)))
	r.settled(t, inVPC(t))
	if plan, err := r.plan(t, inVPC(t)); err != nil || len(plan.Warnings) > 0 {
		t.Errorf("the warnings are %q, %v", plan.Warnings, err)
	}
	must(t, r.deploy(t.Context(), echo(t)))
	_ = r.aws.Resources()
	r.aws.Pass(time.Hour)
	if left := r.aws.Resources(); slices.ContainsFunc(left, func(s string) bool {
		return strings.HasPrefix(s, "ec2 ")
	}) {
		t.Errorf("there is %q", left)
	}
	if !r.aws.Allows("echo-server-dev", "ec2:DeleteNetworkInterface", "*") {
		t.Error("the role has lost its rights at once")
	}
	must(t, r.deploy(t.Context(), echo(t)))
	r.settled(t, echo(t))
	if r.aws.Allows("echo-server-dev", "ec2:DeleteNetworkInterface", "*") {
		t.Error("the role has kept its rights")
	}
	must(t, r.delete(t.Context(), echo(t)))
	r.empty(t)
}
