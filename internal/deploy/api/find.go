package api

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2/types"

	"github.com/tyg-dev/tyg/internal/deploy/plan"
	"github.com/tyg-dev/tyg/internal/deploy/spec"
)

// found is what exists in API Gateway.
type found struct {
	api *foundAPI // nil if there is none
	// orphaned are the ids of APIs of the same name and tag that were never live: a run died before it
	// could record them.
	orphaned []string
	// rivals are the ids of live APIs of the same name and tag, if there are several: two deploys ran
	// at once, and neither knew of the other.
	rivals []string
	domain *foundDomain
}

func (f found) ids(ids *plan.IDs) {
	if f.domain != nil {
		ids.DomainZone, ids.DomainTarget = f.domain.zone, f.domain.alias
	}
	if f.api == nil {
		return
	}
	ids.API, ids.Authorizer = f.api.id, f.api.authorizerID()
	ids.Deployment = f.api.deployment(f.api.stageName)
	for _, i := range f.api.integrations {
		ids.Integrations[i.function] = i.id
		if i.function != "" {
			ids.Called = append(ids.Called, i.function)
		}
	}
	for _, a := range f.api.authorizers {
		if a.function != "" {
			ids.Called = append(ids.Called, a.function)
		}
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

// A foundAPI is an existing WebSocket API, with all that is in it.
type foundAPI struct {
	id, name  string
	ipType    string
	selection string // the route selection expression
	tags      map[string]string

	stageName    string // of the application
	integrations []foundIntegration
	authorizers  []foundAuthorizer
	routes       []foundRoute
	deployments  []foundDeployment // the newest first
	stages       []foundStage
}

// live reports whether clients may be using the API.
func (a *foundAPI) live() bool { return a != nil && len(a.stages) > 0 }

// findAPI looks for the API: by the id in the state, and by name and tag. Names of APIs are not
// unique, so there may be several.
func (c client) findAPI(
	ctx context.Context, app spec.Application, state plan.State, f *found,
) error {
	all, err := c.listAPIs(ctx)
	if err != nil {
		return err
	}
	known, _ := state.Find(plan.TypeAPI, apiLogicalName)
	if all, err = c.withKnown(ctx, all, known.APIID); err != nil {
		return err
	}
	var live, unused []types.Api
	for _, a := range all {
		if aws.ToString(a.ApiId) != known.APIID && !hasOurTag(app, a) {
			continue
		}
		used, err := c.hasStage(ctx, *a.ApiId)
		if err != nil {
			return err
		}
		if used {
			live = append(live, a)
		} else {
			unused = append(unused, a)
		}
	}
	ours := f.choose(live, unused, known.APIID)
	if ours == nil {
		f.api = unownedAPI(app, all)
		return nil
	}
	f.api, err = c.describeAPI(ctx, app, *ours)
	return err
}

// choose returns the API of the application: a live one, if there is one, and that of the state, if
// there are several. It keeps the others as rivals and as orphaned.
func (f *found) choose(live, unused []types.Api, known string) *types.Api {
	isKnown := func(a types.Api) bool { return aws.ToString(a.ApiId) == known }
	moveToFront(live, isKnown)
	moveToFront(unused, isKnown)
	var ours *types.Api
	switch {
	case len(live) > 0:
		ours = &live[0]
	case len(unused) > 0:
		ours, unused = &unused[0], unused[1:]
	}
	if len(live) > 1 {
		f.rivals = idsOf(live)
	}
	f.orphaned = idsOf(unused)
	return ours
}

// moveToFront exchanges the first element with the one that is true of.
func moveToFront(list []types.Api, is func(types.Api) bool) {
	if i := slices.IndexFunc(list, is); i > 0 {
		list[0], list[i] = list[i], list[0]
	}
}

func idsOf(apis []types.Api) []string {
	var ids []string
	for _, a := range apis {
		ids = append(ids, aws.ToString(a.ApiId))
	}
	return ids
}

// withKnown adds the API of an id, unless the list has it: the list may lag behind.
func (c client) withKnown(ctx context.Context, all []types.Api, id string) ([]types.Api, error) {
	has := slices.ContainsFunc(all, func(a types.Api) bool { return aws.ToString(a.ApiId) == id })
	if id == "" || has {
		return all, nil
	}
	api, err := c.getAPI(ctx, id)
	if err != nil || api == nil {
		return all, err
	}
	return append(all, *api), nil
}

// getAPI returns an API, or nil if there is none with that id.
func (c client) getAPI(ctx context.Context, id string) (*types.Api, error) {
	out, err := c.GetApi(ctx, &apigatewayv2.GetApiInput{ApiId: &id})
	if err != nil {
		return nil, ignoreGone(err)
	}
	return &types.Api{
		ApiId: out.ApiId, Name: out.Name, Tags: out.Tags,
		RouteSelectionExpression: out.RouteSelectionExpression, IpAddressType: out.IpAddressType,
	}, nil
}

func (c client) listAPIs(ctx context.Context) ([]types.Api, error) {
	return pages(func(token *string) ([]types.Api, *string, error) {
		out, err := c.GetApis(ctx, &apigatewayv2.GetApisInput{NextToken: token})
		if err != nil {
			return nil, nil, err
		}
		return out.Items, out.NextToken, nil
	})
}

// hasOurTag reports whether an API has the application's name and tag.
func hasOurTag(app spec.Application, api types.Api) bool {
	return aws.ToString(api.Name) == app.APIName() && api.Tags[spec.TagKey] == app.Tag()
}

// unownedAPI returns an API with the application's name and without its tag, which is a conflict.
func unownedAPI(app spec.Application, all []types.Api) *foundAPI {
	for _, api := range all {
		if aws.ToString(api.Name) == app.APIName() {
			return &foundAPI{id: aws.ToString(api.ApiId), name: app.APIName(), tags: api.Tags}
		}
	}
	return nil
}

func (c client) hasStage(ctx context.Context, apiID string) (bool, error) {
	stages, err := c.findStages(ctx, apiID)
	return len(stages) > 0, err
}

func (c client) describeAPI(
	ctx context.Context, app spec.Application, api types.Api,
) (*foundAPI, error) {
	a := &foundAPI{
		id: aws.ToString(api.ApiId), name: aws.ToString(api.Name),
		selection: aws.ToString(api.RouteSelectionExpression), tags: api.Tags,
		ipType:    string(api.IpAddressType),
		stageName: app.API.Stage,
	}
	var err error
	if a.integrations, err = c.findIntegrations(ctx, app, a.id); err != nil {
		return nil, err
	}
	if a.authorizers, err = c.findAuthorizers(ctx, app, a.id); err != nil {
		return nil, err
	}
	if a.routes, err = c.findRoutes(ctx, a.id); err != nil {
		return nil, err
	}
	if a.deployments, err = c.findDeployments(ctx, a.id); err != nil {
		return nil, err
	}
	a.stages, err = c.findStages(ctx, a.id)
	return a, err
}

// inAPI returns the existing API, or the zero value if there is none.
func (f found) inAPI() foundAPI {
	if f.api == nil {
		return foundAPI{}
	}
	return *f.api
}
