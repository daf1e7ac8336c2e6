package function

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/tyg-dev/tyg/internal/deploy/plan"
	"github.com/tyg-dev/tyg/internal/deploy/spec"
)

func (c client) resourceType() plan.ResourceType {
	return plan.ResourceType{Name: plan.TypeFunction, Delete: func(res plan.Resource) plan.Step {
		return plan.Deletion(res, res.FunctionName, "function", res.FunctionARN,
			func(ctx context.Context, r *plan.Run, res *plan.Resource) error {
				return c.run(r).delete(ctx, res)
			})
	}}
}

// delete deletes a function. A pending one, which this application may not have created, is deleted
// only if it has the tag.
func (r run) delete(ctx context.Context, res *plan.Resource) error {
	if res.Pending {
		have, err := r.get(ctx, res.FunctionName)
		if err != nil || have == nil || have.tags[spec.TagKey] != r.App.Tag() {
			return err
		}
	}
	return r.retryWhileBusy(ctx, res.FunctionName, func() error {
		_, err := r.DeleteFunction(ctx, &lambda.DeleteFunctionInput{
			FunctionName: &res.FunctionName,
		})
		if isNoFunction(err) {
			return nil
		}
		return err
	})
}
