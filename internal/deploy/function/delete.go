package function

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/tyg-dev/tyg/internal/deploy/plan"
	"github.com/tyg-dev/tyg/internal/deploy/spec"
)

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
