// Package function deploys Lambda functions, the permissions to call them, and what leads events to
// them that Lambda itself has: event source mappings and URLs. It alone calls
// Lambda's control plane.
package function

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/tyg-dev/tyg/internal/deploy/plan"
	"github.com/tyg-dev/tyg/internal/deploy/spec"
)

// Kind returns the kind of resource that functions are.
func Kind(cfg aws.Config) plan.Kind {
	c := client{lambda.NewFromConfig(cfg), cfg, spec.MaxDirect}
	return plan.Kind{
		Check: check, Find: c.find, Discover: c.discover, Claims: c.claims,
		Types: []plan.ResourceType{c.mappingType(), c.urlType(), c.resourceType()},
	}
}

// find looks for the functions of the application.
func (c client) find(ctx context.Context, app spec.Application, _ plan.State) (plan.Found, error) {
	functions, err := c.findFunctions(ctx, app)
	if err != nil {
		return plan.Found{}, err
	}
	triggers, err := c.findTriggers(ctx, app)
	if err != nil {
		return plan.Found{}, err
	}
	plans := func(p *plan.Planner) *planner { return &planner{p, c, functions, triggers} }
	f := plan.Found{
		Each: func(p *plan.Planner, fn spec.Function) { plans(p).function(fn) },
		Last: func(p *plan.Planner) {
			plans(p).versions()
			plans(p).liveAliases()
			plans(p).permissions()
			plans(p).mappings()
			plans(p).urls()
		},
		Stale: func(p *plan.Planner) {
			plans(p).staleMappings()
			plans(p).staleURLs()
			plans(p).staleFunctions()
		},
	}
	f.IDs = func(ids *plan.IDs) {
		for _, fn := range functions {
			if len(fn.subnets) > 0 {
				ids.InVPC = append(ids.InVPC, fn.logical)
			}
		}
		slices.Sort(ids.InVPC)
	}
	for _, fn := range functions {
		f.Tags = append(f.Tags, fn.tags)
	}
	return f, nil
}
