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

// A foundMapping maps a path of a custom domain name to a stage of an API.
type foundMapping struct {
	id         string
	key        string // the path without slashes at its ends; empty is all of it
	api, stage string
}

func (c client) findMappings(ctx context.Context, domain string) ([]foundMapping, error) {
	items, err := pages(func(token *string) ([]types.ApiMapping, *string, error) {
		out, err := c.GetApiMappings(ctx,
			&apigatewayv2.GetApiMappingsInput{DomainName: &domain, NextToken: token})
		if err != nil {
			return nil, nil, err
		}
		return out.Items, out.NextToken, nil
	})
	var list []foundMapping
	for _, m := range items {
		list = append(list, foundMapping{
			id: aws.ToString(m.ApiMappingId), key: spec.MappingKey(aws.ToString(m.ApiMappingKey)),
			api: aws.ToString(m.ApiId), stage: aws.ToString(m.Stage),
		})
	}
	return list, err
}

// mapping plans the mapping of the API.
func (p *planner) mapping(want spec.Domain, adopted bool) {
	name := want.Name + "/" + want.Key()
	have := p.mappingOf(want.Key())
	if have == nil {
		p.Add(plan.Step{
			Action: plan.Create, Type: plan.TypeMapping, Name: name,
			Line: "Creating api mapping: /" + want.Key(),
			Do: func(ctx context.Context, r *plan.Run, _ *plan.Resource) error {
				return p.client.run(r).createMapping(ctx, want)
			},
		})
		return
	}
	id := p.found.inAPI().id
	if have.api != id && adopted && !p.isRecorded(have.api) {
		p.Conflict("/%s of custom domain name %s leads to API %s, which belongs to another "+
			"application; choose another url_prefix", want.Key(), want.Name, have.api)
		return
	}
	if id == "" {
		id = "the new one"
	}
	var diff plan.Changes
	diff.Compare("API", have.api, id)
	diff.Compare("stage", have.stage, p.App.API.Stage)
	p.Update(plan.TypeMapping, name, "Updating api mapping: /"+want.Key(), diff, plan.Resource{},
		func(ctx context.Context, r *plan.Run, _ *plan.Resource) error {
			return p.client.run(r).updateMapping(ctx, want.Name, have.id)
		})
}

func (p *planner) mappingOf(key string) *foundMapping {
	if p.found.domain == nil {
		return nil
	}
	for i, m := range p.found.domain.mappings {
		if m.key == key {
			return &p.found.domain.mappings[i]
		}
	}
	return nil
}

// isRecorded reports whether an API is the one in the state file.
func (p *planner) isRecorded(apiID string) bool {
	known, ok := p.State.Find(plan.TypeAPI, apiLogicalName)
	return ok && known.APIID == apiID
}

func (r run) createMapping(ctx context.Context, want spec.Domain) error {
	_, err := r.createOnce(ctx, func() (string, error) {
		out, err := r.CreateApiMapping(ctx, &apigatewayv2.CreateApiMappingInput{
			DomainName: &want.Name, ApiId: &r.IDs.API, Stage: &r.App.API.Stage,
			ApiMappingKey: stringOrNil(want.Key()),
		}, throttledOnly)
		if err != nil {
			return "", err
		}
		return aws.ToString(out.ApiMappingId), nil
	}, func() (string, error) {
		list, err := r.findMappings(ctx, want.Name)
		i := slices.IndexFunc(list, func(m foundMapping) bool {
			return m.key == want.Key() && m.api == r.IDs.API
		})
		if i < 0 {
			return "", err
		}
		return list[i].id, err
	})
	return err
}

func (r run) updateMapping(ctx context.Context, domain, id string) error {
	_, err := r.UpdateApiMapping(ctx, &apigatewayv2.UpdateApiMappingInput{
		DomainName: &domain, ApiMappingId: &id, ApiId: &r.IDs.API, Stage: &r.App.API.Stage,
	})
	return err
}

// staleMappings plans the deletion of mappings of other paths, and of domain names that are no
// longer needed.
func (p *planner) staleMappings() {
	wanted := p.App.API.Domain
	if p.found.domain != nil {
		for _, m := range p.found.domain.mappings {
			if m.api != p.found.inAPI().id || m.key == wanted.Key() || p.isForeignStage(m.stage) {
				continue
			}
			p.Add(plan.Step{
				Action: plan.Delete, Type: plan.TypeMapping, Name: wanted.Name + "/" + m.key,
				Do: func(ctx context.Context, r *plan.Run, _ *plan.Resource) error {
					return p.client.run(r).deleteMapping(ctx, wanted.Name, m.id)
				},
			})
		}
	}
	if wanted != nil && p.certified() == nil {
		return // clients use the old domain name until there is a certificate for the new one
	}
	for _, res := range p.State.Of(plan.TypeDomain) {
		if wanted == nil || res.DomainName != wanted.Name {
			p.Add(p.client.domainType().Delete(res))
		}
	}
}

// isForeignStage reports whether our API has a stage of this name that tyg has not created.
func (p *planner) isForeignStage(name string) bool {
	return slices.ContainsFunc(p.found.inAPI().stages, func(s foundStage) bool {
		return s.name == name && name != p.App.API.Stage && !p.isRenamed(s)
	})
}

// deleteMappings deletes the mappings of our APIs, and returns how many others there are.
func (r run) deleteMappings(ctx context.Context, domain string) (others int, err error) {
	list, err := r.findMappings(ctx, domain)
	if err != nil {
		return 0, err
	}
	known, _ := r.State.Find(plan.TypeAPI, apiLogicalName)
	ours, err := r.ownAPIs(ctx, r.App)
	if err != nil {
		return 0, err
	}
	for _, m := range list {
		if m.api != known.APIID && !slices.Contains(ours, m.api) {
			others++
			continue
		}
		if err := r.deleteMapping(ctx, domain, m.id); err != nil {
			return 0, err
		}
	}
	return others, nil
}

func (r run) deleteMapping(ctx context.Context, domain, id string) error {
	_, err := r.DeleteApiMapping(ctx,
		&apigatewayv2.DeleteApiMappingInput{DomainName: &domain, ApiMappingId: &id})
	return ignoreGone(err)
}
