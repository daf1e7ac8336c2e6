// Package logs deploys the log groups of functions, and reads them. It alone calls CloudWatch Logs.
package logs

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"

	"github.com/tyg-dev/tyg/internal/deploy/plan"
	"github.com/tyg-dev/tyg/internal/deploy/spec"
)

// Kind returns the kind of resource that log groups are.
func Kind(cfg aws.Config) plan.Kind {
	c := client{cloudwatchlogs.NewFromConfig(cfg)}
	return plan.Kind{
		Find: c.find, Discover: c.discover, Types: []plan.ResourceType{c.resourceType()},
	}
}

// find looks for the log groups of the functions.
func (c client) find(ctx context.Context, app spec.Application, _ plan.State) (plan.Found, error) {
	groups, err := c.findGroups(ctx, app)
	if err != nil {
		return plan.Found{}, err
	}
	plans := func(p *plan.Planner) *planner { return &planner{p, c, groups} }
	f := plan.Found{
		Each:  func(p *plan.Planner, fn spec.Function) { plans(p).group(fn) },
		Stale: func(p *plan.Planner) { plans(p).staleGroups() },
	}
	for _, g := range groups {
		f.Tags = append(f.Tags, g.tags)
	}
	return f, nil
}
