package role

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/tyg-dev/tyg/internal/deploy/plan"
	"github.com/tyg-dev/tyg/internal/deploy/spec"
)

// discover looks for roles by name and tag.
func (c client) discover(ctx context.Context, app spec.Application) ([]plan.Resource, error) {
	var list []plan.Resource
	for _, logical := range app.RoleLogicalNames() {
		name := app.RoleName(logical)
		out, err := c.GetRole(ctx, &iam.GetRoleInput{RoleName: &name})
		if isNoSuchEntity(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if hasTag(out.Role, app.RoleTag(c.region)) {
			list = append(list, plan.Resource{
				Name: logical, Type: plan.TypeRole, Pending: true, RoleName: name,
				RoleARN: aws.ToString(out.Role.Arn),
			})
		}
	}
	return list, nil
}
