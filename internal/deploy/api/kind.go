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
		Check: check, Find: c.find, Types: []plan.ResourceType{c.domainType(), c.apiType()},
	}
}

func (c client) domainType() plan.ResourceType {
	return plan.ResourceType{Name: plan.TypeDomain, Delete: func(res plan.Resource) plan.Step {
		return plan.Deletion(res, res.DomainName, "custom domain name", "",
			func(ctx context.Context, r *plan.Run, res *plan.Resource) error {
				return c.run(r).deleteDomain(ctx, res)
			})
	}}
}

func (c client) apiType() plan.ResourceType {
	return plan.ResourceType{Name: plan.TypeAPI, Delete: func(res plan.Resource) plan.Step {
		return plan.Deletion(res, res.APIName, "Websocket API", res.APIID,
			func(ctx context.Context, r *plan.Run, res *plan.Resource) error {
				return c.run(r).deleteAPI(ctx, res)
			})
	}}
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

// found is what exists in API Gateway.
type found struct {
	api *foundAPI // nil if there is none
	// orphaned are the ids of APIs of the same name and tag that were never live: a run died before it
	// could record them.
	orphaned []string
	domain   *foundDomain
}

func (f found) ids(ids *plan.IDs) {
	if f.api == nil {
		return
	}
	ids.API, ids.Authorizer = f.api.id, f.api.authorizerID()
	ids.Deployment = f.api.deployment(f.api.stageName)
	for _, i := range f.api.integrations {
		ids.Integrations[i.function] = i.id
	}
}

func (f found) tags() []map[string]string {
	var all []map[string]string
	if f.api != nil {
		all = append(all, f.api.tags)
		for _, s := range f.api.stages {
			all = append(all, s.tags)
		}
	}
	if f.domain != nil {
		all = append(all, f.domain.tags)
	}
	return all
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

// A client calls API Gateway.
type client struct {
	*apigatewayv2.Client
	region string
}

// A planner plans the API and the custom domain name.
type planner struct {
	*plan.Planner
	client client
	found  found
}

// A run carries out the steps of the API and the custom domain name.
type run struct {
	*plan.Run
	client
}

func (c client) run(r *plan.Run) run { return run{r, c} }
