package deploy_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/tyg-dev/tyg/internal/awstest"
	"github.com/tyg-dev/tyg/internal/deploy"
	"github.com/tyg-dev/tyg/internal/deploy/spec"
)

// TestRoleOfAnotherRegionIsAConflict has the same application in another region, of which this
// checkout knows nothing. IAM has one role for both.
func TestRoleOfAnotherRegionIsAConflict(t *testing.T) {
	r := newRig(t)
	app := echo(t)
	name, tag, key := "echo-server-dev", app.RoleTag("eu-west-1"), spec.TagKey
	trust := spec.TrustPolicy()
	_, err := iam.NewFromConfig(r.config()).CreateRole(t.Context(), &iam.CreateRoleInput{
		RoleName: &name, AssumeRolePolicyDocument: &trust, Tags: iamTag(key, tag),
	})
	must(t, err)
	err = r.deploy(t.Context(), app)
	if err == nil || !strings.Contains(err.Error(), "iam_role "+name) ||
		!strings.Contains(err.Error(), "@eu-west-1") {
		t.Errorf("the other region's role is taken: %v", err)
	}
	must(t, r.delete(t.Context(), app))
	if got := strings.Join(r.aws.Resources(), " "); got != "iam role "+name {
		t.Errorf("there is %s", got)
	}
}

// TestRoleIsFoundAfterALostAnswer has IAM make a role and say nothing, and then that it is there.
func TestRoleIsFoundAfterALostAnswer(t *testing.T) {
	r := newRig(t)
	r.aws.SetFault(func(_ int, _, operation string) awstest.Fault {
		if operation == "CreateRole" {
			return awstest.LoseOnce
		}
		return awstest.None
	})
	must(t, r.deploy(t.Context(), echo(t)))
	r.settled(t, echo(t))
	r.live(t, echo(t))
}

func iamTag(key, value string) []types.Tag { return []types.Tag{{Key: &key, Value: &value}} }

// TestRoleHasStatementsPathAndBoundary asks what a role may do, and takes back what it had.
func TestRoleHasStatementsPathAndBoundary(t *testing.T) {
	r := newRig(t)
	app := everything(t)
	must(t, r.deploy(t.Context(), app))
	may := func(action string) bool {
		return r.aws.Allows("chat-dev", action, "arn:aws:s3:::files/a")
	}
	if !may("s3:GetObject") {
		t.Error("the added statement has no effect")
	}
	if may("s3:DeleteObject") {
		t.Error("the boundary has no effect")
	}
	state, err := deploy.ReadState(t.Context(), r.store())
	must(t, err)
	role, _ := state.Find(deploy.TypeRole, "default-role")
	if want := "arn:aws:iam::123456789012:role/service/chat-dev"; role.RoleARN != want {
		t.Errorf("the role is %s, want %s", role.RoleARN, want)
	}

	app.PermissionsBoundary, app.RolePath = "", "" // left as they are
	must(t, r.deploy(t.Context(), app))
	if may("s3:DeleteObject") {
		t.Error("a boundary that the configuration does not name is gone")
	}
	app.PermissionsBoundary = deploy.NoBoundary
	must(t, r.deploy(t.Context(), app))
	if !may("s3:DeleteObject") {
		t.Error("the boundary is still there")
	}
	app.PermissionsBoundary = boundary
	must(t, r.deploy(t.Context(), app))
	if may("s3:DeleteObject") {
		t.Error("the boundary is not there again")
	}
	for i := range app.Functions {
		app.Functions[i].Role.Statements = nil
	}
	must(t, r.deploy(t.Context(), app))
	if may("s3:GetObject") {
		t.Error("the statement is still there")
	}
	r.settled(t, app)
}

// TestRoleIsNotMoved: IAM cannot change the path of a role, and the plan says so.
func TestRoleIsNotMoved(t *testing.T) {
	r := newRig(t)
	app := everything(t)
	must(t, r.deploy(t.Context(), app))
	app.RolePath = "/other/"
	err := r.deploy(t.Context(), app)
	const want = "has the path /service/, and role_path is /other/"
	if err == nil || strings.Count(err.Error(), want) != 1 {
		t.Errorf("the error is %v", err)
	}
}
