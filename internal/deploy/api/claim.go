package api

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2"

	"github.com/tyg-dev/tyg/internal/deploy/plan"
	"github.com/tyg-dev/tyg/internal/deploy/spec"
)

// claims looks for APIs with the name of the application's and without its tag. Names are not
// unique.
func (c client) claims(
	ctx context.Context, app spec.Application, account spec.Account,
) ([]plan.Claim, error) {
	all, err := c.listAPIs(ctx)
	if err != nil {
		return nil, err
	}
	var list []plan.Claim
	for _, a := range all {
		if aws.ToString(a.Name) != app.APIName() || a.Tags[spec.TagKey] == app.Tag() {
			continue
		}
		arn := "arn:" + account.Partition + ":apigateway:" + account.Region + "::/apis/" +
			aws.ToString(a.ApiId)
		list = append(list, plan.Claim{
			Type: plan.TypeAPI, Name: app.APIName(), ID: aws.ToString(a.ApiId), Tags: a.Tags,
			Take: func(ctx context.Context) error {
				_, err := c.TagResource(ctx, &apigatewayv2.TagResourceInput{
					ResourceArn: &arn, Tags: map[string]string{spec.TagKey: app.Tag()},
				})
				return err
			},
		})
	}
	return list, nil
}
