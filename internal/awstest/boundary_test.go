package awstest_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
)

// TestPermissionsBoundaryLimitsARole: a role may do what both its policies and its boundary allow.
func TestPermissionsBoundaryLimitsARole(t *testing.T) {
	m, c := newRoleMaker(t)
	arn, err := c.AddPolicy("limit", `{"Version": "2012-10-17", "Statement": [
		{"Effect": "Allow", "Action": "logs:PutLogEvents", "Resource": "*"}]}`)
	if err != nil {
		t.Fatal(err)
	}
	role := aws.String("r")
	wantCode(t, "create with an unknown boundary", createBound(m, "x", arn+"x"), "NoSuchEntity")
	wantCode(t, "create", createBound(m, "r", arn), "")
	wantCode(t, "put policy", m.put("p", somePolicy), "")
	got, err := m.GetRole(t.Context(), &iam.GetRoleInput{RoleName: role})
	if err != nil || aws.ToString(got.Role.PermissionsBoundary.PermissionsBoundaryArn) != arn {
		t.Errorf("the role is %+v, %v", got, err)
	}
	const group = "arn:aws:logs:us-west-2:123456789012:log-group:g"
	if !c.Allows("r", "logs:PutLogEvents", group) || c.Allows("r", "logs:CreateLogStream", group) {
		t.Error("the boundary does not limit the role")
	}
	remove := &iam.DeleteRolePermissionsBoundaryInput{RoleName: role}
	_, err = m.DeleteRolePermissionsBoundary(t.Context(), remove)
	wantCode(t, "delete boundary", err, "")
	_, err = m.DeleteRolePermissionsBoundary(t.Context(), remove)
	wantCode(t, "delete boundary again", err, "NoSuchEntity")
	if !c.Allows("r", "logs:CreateLogStream", group) {
		t.Error("a boundary that is gone limits the role")
	}
	_, err = m.PutRolePermissionsBoundary(t.Context(), &iam.PutRolePermissionsBoundaryInput{
		RoleName: role, PermissionsBoundary: &arn,
	})
	wantCode(t, "put boundary", err, "")
	if c.Allows("r", "logs:CreateLogStream", group) {
		t.Error("the new boundary does not limit the role")
	}
}

func createBound(m roleMaker, name, boundary string) error {
	_, err := m.CreateRole(m.Context(), &iam.CreateRoleInput{
		RoleName: &name, AssumeRolePolicyDocument: aws.String(lambdaTrust),
		PermissionsBoundary: &boundary,
	})
	return err
}
