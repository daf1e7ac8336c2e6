package role

import (
	"context"
	"errors"
	"net/url"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/tyg-dev/tyg/internal/deploy/spec"
)

// A foundRole is an existing role.
type foundRole struct {
	logical string
	arn     string
	trust   string // the trust policy
	policy  string // the inline policy with the role's name; empty if there is none
	tags    map[string]string

	path     string
	boundary string // the ARN of the permissions boundary; empty if there is none
}

// findRoles looks for the roles of the application, by name. IAM's answers have documents in the
// encoding of URLs (https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRole.html).
func (c client) findRoles(ctx context.Context, app spec.Application) (map[string]foundRole, error) {
	roles := make(map[string]foundRole)
	for _, fn := range app.Functions {
		name := app.RoleName(fn.Role.LogicalName)
		if _, seen := roles[name]; seen || fn.Role.ARN != "" {
			continue
		}
		out, err := c.GetRole(ctx, &iam.GetRoleInput{RoleName: &name})
		if isNoSuchEntity(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		role := foundRole{
			logical: fn.Role.LogicalName, arn: aws.ToString(out.Role.Arn),
			trust: unescape(out.Role.AssumeRolePolicyDocument), tags: make(map[string]string),
			path: aws.ToString(out.Role.Path),
		}
		if b := out.Role.PermissionsBoundary; b != nil {
			role.boundary = aws.ToString(b.PermissionsBoundaryArn)
		}
		for _, tag := range out.Role.Tags {
			role.tags[aws.ToString(tag.Key)] = aws.ToString(tag.Value)
		}
		policy, err := c.GetRolePolicy(ctx, &iam.GetRolePolicyInput{RoleName: &name, PolicyName: &name})
		if err != nil && !isNoSuchEntity(err) {
			return nil, err
		}
		if err == nil {
			role.policy = unescape(policy.PolicyDocument)
		}
		roles[name] = role
	}
	return roles, nil
}

func isNoSuchEntity(err error) bool {
	_, ok := errors.AsType[*types.NoSuchEntityException](err)
	return ok
}

func unescape(text *string) string {
	plain, err := url.QueryUnescape(aws.ToString(text))
	if err != nil {
		return aws.ToString(text)
	}
	return plain
}
