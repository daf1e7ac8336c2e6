package deploy_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/tyg-dev/tyg/internal/awstest"
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
