package function

import (
	"context"

	"github.com/tyg-dev/tyg/internal/deploy/plan"
	"github.com/tyg-dev/tyg/internal/deploy/spec"
)

// discover looks for functions by name and tag.
func (c client) discover(ctx context.Context, app spec.Application) ([]plan.Resource, error) {
	var list []plan.Resource
	for _, logical := range app.LogicalNames() {
		name := app.FunctionName(logical)
		have, err := c.get(ctx, name)
		if err != nil {
			return nil, err
		}
		if have != nil && have.tags[spec.TagKey] == app.Tag() {
			list = append(list, plan.Resource{
				Name: logical, Type: plan.TypeFunction, Pending: true, FunctionName: name,
				FunctionARN: have.arn,
			})
		}
	}
	return list, nil
}
