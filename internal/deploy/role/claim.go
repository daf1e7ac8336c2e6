package role

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/tyg-dev/tyg/internal/deploy/plan"
	"github.com/tyg-dev/tyg/internal/deploy/spec"
)

// claims looks for roles with names of the application and without its tag.
func (c client) claims(
	ctx context.Context, app spec.Application, account spec.Account,
) ([]plan.Claim, error) {
	var list []plan.Claim
	for _, logical := range app.RoleLogicalNames() {
		name := app.RoleName(logical)
		out, err := c.GetRole(ctx, &iam.GetRoleInput{RoleName: &name})
		if isNoSuchEntity(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		tags := make(map[string]string)
		for _, tag := range out.Role.Tags {
			tags[aws.ToString(tag.Key)] = aws.ToString(tag.Value)
		}
		tag := app.RoleTag(account.Region)
		if tags[spec.TagKey] == tag {
			continue
		}
		list = append(list, plan.Claim{
			Type: plan.TypeRole, Name: name, ID: aws.ToString(out.Role.Arn), Tags: tags,
			Take: func(ctx context.Context) error {
				_, err := c.TagRole(ctx, &iam.TagRoleInput{
					RoleName: &name, Tags: iamTags(map[string]string{spec.TagKey: tag}),
				})
				return err
			},
		})
	}
	return list, nil
}
