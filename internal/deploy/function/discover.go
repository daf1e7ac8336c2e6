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
		if have == nil || have.tags[spec.TagKey] != app.Tag() {
			continue
		}
		res := plan.Resource{
			Name: logical, Type: plan.TypeFunction, Pending: true, FunctionName: name,
			FunctionARN: have.arn,
		}
		if app.Qualifier() != "" {
			if have.aliases, err = c.findAliases(ctx, name); err != nil {
				return nil, err
			}
			if a := have.live(); a != nil {
				res.Alias = a.name
			}
		}
		list = append(list, res)
	}
	triggers, err := c.discoverTriggers(ctx, app)
	return append(list, triggers...), err
}

// discoverTriggers looks for the mappings and URLs of the triggers that the application has. They
// belong to their functions, whose names are ours.
func (c client) discoverTriggers(
	ctx context.Context, app spec.Application,
) ([]plan.Resource, error) {
	found, err := c.findTriggers(ctx, app)
	if err != nil {
		return nil, err
	}
	var list []plan.Resource
	for _, t := range app.Triggers {
		name := app.FunctionName(t.Name)
		if m := found.mappings[t.Name]; m != nil {
			list = append(list, plan.Resource{
				Name: mappingName(t), Type: plan.TypeEventSource, Pending: true,
				FunctionName: name, SourceARN: t.From, UUID: m.uuid,
			})
		}
		if u := found.urls[t.Name]; u != nil {
			list = append(list, plan.Resource{
				Name: t.Name, Type: plan.TypeFunctionURL, Pending: true, FunctionName: name,
				FunctionURL: u.url,
			})
		}
	}
	return list, nil
}
