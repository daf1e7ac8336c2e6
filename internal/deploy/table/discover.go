package table

import (
	"context"

	"github.com/tyg-dev/tyg/internal/deploy/plan"
	"github.com/tyg-dev/tyg/internal/deploy/spec"
)

// discover looks for the declared tables that have the tag.
func (c client) discover(ctx context.Context, app spec.Application) ([]plan.Resource, error) {
	var list []plan.Resource
	for _, t := range app.Tables {
		have, err := c.describe(ctx, t.Name)
		if err != nil {
			return nil, err
		}
		if have == nil {
			continue
		}
		tags, err := c.tagsOf(ctx, app, have)
		if err != nil {
			return nil, err
		}
		if tags[spec.TagKey] == app.Tag() {
			list = append(list, plan.Resource{
				Name: t.LogicalName, Type: plan.TypeTable, Pending: true, TableName: t.Name,
			})
		}
	}
	return list, nil
}
