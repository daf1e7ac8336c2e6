// Package role deploys the IAM roles of functions. It alone calls IAM.
package role

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/tyg-dev/tyg/internal/deploy/plan"
	"github.com/tyg-dev/tyg/internal/deploy/spec"
)

// Kind returns the kind of resource that roles are.
func Kind(cfg aws.Config) plan.Kind {
	c := client{iam.NewFromConfig(cfg), cfg.Region}
	return plan.Kind{
		Check: check, Find: c.find, Discover: c.discover, Claims: c.claims,
		Types: []plan.ResourceType{c.resourceType()},
	}
}

// find looks for the roles that the functions need.
func (c client) find(ctx context.Context, app spec.Application, _ plan.State) (plan.Found, error) {
	roles, err := c.findRoles(ctx, app)
	if err != nil {
		return plan.Found{}, err
	}
	plans := func(p *plan.Planner) *planner { return &planner{p, c, roles} }
	f := plan.Found{
		Each:  func(p *plan.Planner, fn spec.Function) { plans(p).role(fn) },
		Stale: func(p *plan.Planner) { plans(p).staleRoles() },
		IDs: func(ids *plan.IDs) {
			for _, r := range roles {
				ids.Roles[r.logical] = r.arn
			}
		},
	}
	for _, r := range roles {
		f.Tags = append(f.Tags, r.tags)
	}
	return f, nil
}
