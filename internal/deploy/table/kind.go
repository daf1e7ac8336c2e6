// Package table deploys DynamoDB tables. It alone calls DynamoDB's control plane.
package table

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/tyg-dev/tyg/internal/deploy/plan"
	"github.com/tyg-dev/tyg/internal/deploy/spec"
)

// Kind returns the kind of resource that tables are. It waits with w.
func Kind(cfg aws.Config, w *plan.Waiter) plan.Kind {
	c := client{dynamodb.NewFromConfig(cfg), w}
	return plan.Kind{
		Check: check, Find: c.find, Discover: c.discover,
		Types: []plan.ResourceType{c.resourceType()},
	}
}

// find looks for the tables that the application declares.
func (c client) find(ctx context.Context, app spec.Application, _ plan.State) (plan.Found, error) {
	tables, err := c.findTables(ctx, app)
	if err != nil {
		return plan.Found{}, err
	}
	plans := func(p *plan.Planner) *planner { return &planner{p, c, tables} }
	f := plan.Found{
		First: func(p *plan.Planner) { plans(p).tables() },
		Stale: func(p *plan.Planner) { plans(p).staleTables() },
	}
	for _, t := range tables {
		f.Tags = append(f.Tags, t.tags)
	}
	return f, nil
}
