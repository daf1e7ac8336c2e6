package function

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/tyg-dev/tyg/internal/deploy/plan"
	"github.com/tyg-dev/tyg/internal/deploy/spec"
)

// claims looks for functions with names of the application and without its tag.
func (c client) claims(
	ctx context.Context, app spec.Application, _ spec.Account,
) ([]plan.Claim, error) {
	var list []plan.Claim
	for _, logical := range app.LogicalNames() {
		have, err := c.get(ctx, app.FunctionName(logical))
		if err != nil {
			return nil, err
		}
		if have == nil || have.tags[spec.TagKey] == app.Tag() {
			continue
		}
		list = append(list, plan.Claim{
			Type: plan.TypeFunction, Name: app.FunctionName(logical), Tags: have.tags, Role: have.role,
			Take: func(ctx context.Context) error {
				_, err := c.TagResource(ctx, &lambda.TagResourceInput{
					Resource: &have.arn, Tags: map[string]string{spec.TagKey: app.Tag()},
				})
				return err
			},
		})
	}
	return list, nil
}
