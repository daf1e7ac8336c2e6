package role

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/tyg-dev/tyg/internal/deploy/spec"
)

// The limits of IAM. Of a policy, white space does not count.
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html)
const (
	maxPolicy = 10_240 // characters
	maxPath   = 512
)

// A checker checks the roles of an application.
type checker struct{ *spec.Checker }

func check(sc *spec.Checker, a spec.Application) {
	c := checker{sc}
	// (https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html)
	c.Want(a.RolePath == "" || len(a.RolePath) <= maxPath &&
		spec.Matches(`/|/[\x21-\x7e]+/`, a.RolePath),
		"role_path is %q: it must begin and end with /, such as /service/", a.RolePath)
	c.Want(a.PermissionsBoundary == "" || a.PermissionsBoundary == spec.NoBoundary ||
		spec.Matches(`arn:aws[a-zA-Z-]*:iam::(aws|\d{12}):policy/.+`, a.PermissionsBoundary),
		"permissions_boundary is %q, which is neither the ARN of a policy nor %s",
		a.PermissionsBoundary, spec.NoBoundary)
	seen := make(map[string]bool)
	for _, fn := range a.Functions {
		if role := fn.Role; role.ARN == "" && role.Policy == nil && !seen[role.LogicalName] {
			seen[role.LogicalName] = true
			c.policy(a, role)
		}
	}
}

// policy checks the statements that are added to a generated policy.
func (c checker) policy(a spec.Application, role spec.Role) {
	// Ids have these lengths.
	account := spec.Account{ID: "123456789012", Region: "ap-southeast-1", Partition: "aws"}
	document := spec.Document(spec.RolePolicy(a, account, "0123456789", role))
	var doc struct {
		Statement []struct{ Sid, Effect string }
	}
	if err := json.Unmarshal([]byte(document), &doc); err != nil {
		c.Want(false, "policy_statements: %v", err)
		return
	}
	seen := make(map[string]bool)
	for i, s := range doc.Statement {
		where := fmt.Sprintf("policy_statements[%d]", i+len(role.Statements)-len(doc.Statement))
		c.Want(spec.Matches(`[A-Za-z0-9]*`, s.Sid),
			"%s: the Sid %q must have letters and digits only", where, s.Sid)
		c.Want(s.Sid == "" || !seen[s.Sid],
			"%s: the policy has another statement with the Sid %q; choose another one", where, s.Sid)
		seen[s.Sid] = true
	}
	size := len(strings.Join(strings.Fields(document), ""))
	c.Want(size <= maxPolicy, "policy_statements: the policy of the role would have %d characters, "+
		"and IAM allows %d: name fewer resources, or use iam_role_arn", size, maxPolicy)
}
