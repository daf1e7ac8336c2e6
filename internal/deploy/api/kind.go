// Package api deploys the WebSocket API with all that is in it, and its custom domain name. It
// alone calls the control plane of API Gateway.
package api

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2"

	"github.com/tyg-dev/tyg/internal/deploy/plan"
	"github.com/tyg-dev/tyg/internal/deploy/spec"
)

// Kind returns the kind of resource that an API and its custom domain name are.
func Kind(cfg aws.Config) plan.Kind {
	c := client{apigatewayv2.NewFromConfig(cfg), cfg.Region}
	return plan.Kind{
		Check: check, Find: c.find, Discover: c.discover, Claims: c.claims,
		Types: []plan.ResourceType{c.domainType(), c.apiType()},
	}
}

// find looks for the API and for the custom domain name.
func (c client) find(
	ctx context.Context, app spec.Application, state plan.State,
) (plan.Found, error) {
	var f found
	if err := c.findAPI(ctx, app, state, &f); err != nil {
		return plan.Found{}, err
	}
	var err error
	if f.domain, err = c.findDomain(ctx, app); err != nil {
		return plan.Found{}, err
	}
	plans := func(p *plan.Planner) *planner { return &planner{p, c, f} }
	return plan.Found{
		Tags: f.tags(), IDs: f.ids,
		First: func(p *plan.Planner) { plans(p).api() },
		Last:  func(p *plan.Planner) { plans(p).last() },
		Stale: func(p *plan.Planner) { plans(p).stale() },
	}, nil
}

// last plans what is in the API, and then the custom domain name.
func (p *planner) last() {
	p.integrations()
	p.authorizer()
	p.routes()
	p.publish()
	p.stage()
	p.domain()
}

// stale plans the deletion of what is no longer needed. Mappings come before stages: a stage cannot
// be deleted while a mapping leads to it.
func (p *planner) stale() {
	p.staleMappings()
	p.staleAPIs()
	p.staleStages()
	p.staleDeployments()
	p.staleAuthorizers()
	p.staleIntegrations()
}
