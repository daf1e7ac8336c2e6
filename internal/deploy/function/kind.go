// Package function deploys Lambda functions, and the permissions to call them. It alone calls
// Lambda's control plane.
package function

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/tyg-dev/tyg/internal/deploy/plan"
	"github.com/tyg-dev/tyg/internal/deploy/spec"
)

// Kind returns the kind of resource that functions are.
func Kind(cfg aws.Config) plan.Kind {
	c := client{lambda.NewFromConfig(cfg)}
	return plan.Kind{
		Check: check, Find: c.find, Discover: c.discover,
		Types: []plan.ResourceType{c.resourceType()},
	}
}

// find looks for the functions of the application.
func (c client) find(ctx context.Context, app spec.Application, _ plan.State) (plan.Found, error) {
	functions, err := c.findFunctions(ctx, app)
	if err != nil {
		return plan.Found{}, err
	}
	plans := func(p *plan.Planner) *planner { return &planner{p, c, functions} }
	f := plan.Found{
		Each:  func(p *plan.Planner, fn spec.Function) { plans(p).function(fn) },
		Last:  func(p *plan.Planner) { plans(p).permissions() },
		Stale: func(p *plan.Planner) { plans(p).staleFunctions() },
	}
	for _, fn := range functions {
		f.Tags = append(f.Tags, fn.tags)
	}
	return f, nil
}
