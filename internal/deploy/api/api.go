package api

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2/types"

	"github.com/tyg-dev/tyg/internal/deploy/plan"
	"github.com/tyg-dev/tyg/internal/deploy/spec"
)

// apiLogicalName is the name of the API in the state file.
const apiLogicalName = "websocket_api"

// api plans the API itself. It is created empty.
func (p *planner) api() {
	name := p.App.APIName()
	res := plan.Resource{Name: apiLogicalName, Type: plan.TypeAPI, APIName: name}
	have := p.found.api
	if have == nil {
		p.Add(plan.Step{
			Action: plan.Create, Type: plan.TypeAPI, Name: name, Resource: res,
			Do: func(ctx context.Context, r *plan.Run, res *plan.Resource) error {
				return p.client.run(r).createAPI(ctx, res)
			},
		})
		return
	}
	if !p.Owned(plan.TypeAPI, apiLogicalName, name, have.tags) {
		return
	}
	if len(p.found.rivals) > 0 {
		p.Conflict("there are %d live APIs called %s with the tag %s=%s: %s; two deploys ran at once, "+
			"and clients may use each of them: keep the one that they know, and delete the others with "+
			"\"aws apigatewayv2 delete-api --region %s --api-id ID\"", len(p.found.rivals), name,
			spec.TagKey, p.App.Tag(), strings.Join(p.found.rivals, ", "), p.Account.Region)
		return
	}
	p.disableAutoDeploy()
	res.APIID, res.APIURL = have.id, p.Account.URL(have.id, p.App.API.Stage)
	var diff plan.Changes
	diff.Compare("name", have.name, name)
	diff.Compare("route selection expression", have.selection, p.App.API.Selection())
	if want := p.App.API.IPAddressType; want != "" {
		diff.Compare("IP address type", have.ipType, want)
	}
	diff.Tags(have.tags, p.App.ResourceTags(nil))
	line := ""
	if have.live() {
		line = p.apiLine()
	}
	p.Update(plan.TypeAPI, name, line, diff, res,
		func(ctx context.Context, r *plan.Run, _ *plan.Resource) error {
			return p.client.run(r).updateAPI(ctx, have)
		})
}

// apiLine returns the line of the first step of the API, and "" for the others.
func (p *planner) apiLine() string {
	line := "Creating websocket api: " + p.App.APIName()
	if p.found.api.live() {
		line = "Updating websocket api: " + p.App.APIName()
	}
	if slices.ContainsFunc(p.Steps, func(s plan.Step) bool { return s.Line == line }) {
		return ""
	}
	return line
}

func (r run) createAPI(ctx context.Context, res *plan.Resource) error {
	id, err := r.createOnce(ctx, func() (string, error) {
		out, err := r.CreateApi(ctx, &apigatewayv2.CreateApiInput{
			Name: &res.APIName, ProtocolType: types.ProtocolTypeWebsocket,
			RouteSelectionExpression: aws.String(r.App.API.Selection()), Tags: r.App.ResourceTags(nil),
			IpAddressType: types.IpAddressType(r.App.API.IPAddressType),
		}, throttledOnly)
		if err != nil {
			return "", err
		}
		return aws.ToString(out.ApiId), nil
	}, func() (string, error) {
		ids, err := r.ownAPIs(ctx, r.App)
		return firstOrEmpty(ids), err
	})
	if err == nil {
		err = r.yield(ctx, id)
	}
	if err != nil {
		return err
	}
	r.IDs.API = id
	res.APIID, res.APIURL = id, r.Account.URL(id, r.App.API.Stage)
	return nil
}

// yield deletes a new API and returns an error if another deploy has made one meanwhile: without a
// common state the two do not know of each other. The older API stays, so one of the two deploys
// goes on.
func (r run) yield(ctx context.Context, id string) error {
	all, err := r.listAPIs(ctx)
	if err != nil {
		return err
	}
	var ours []types.Api
	for _, a := range all {
		if hasOurTag(r.App, a) {
			ours = append(ours, a)
		}
	}
	if len(ours) == 0 { // the list lags behind
		return nil
	}
	first := slices.MinFunc(ours, func(a, b types.Api) int {
		return cmp.Or(aws.ToTime(a.CreatedDate).Compare(aws.ToTime(b.CreatedDate)),
			cmp.Compare(*a.ApiId, *b.ApiId))
	})
	if *first.ApiId == id {
		return nil
	}
	if err := r.deleteAPI(ctx, id); err != nil {
		return err
	}
	return fmt.Errorf("another deploy has made API %s meanwhile: %w", *first.ApiId, plan.ErrChanged)
}

// ownAPIs returns the ids of all APIs with the application's name and tag.
func (c client) ownAPIs(ctx context.Context, app spec.Application) ([]string, error) {
	all, err := c.listAPIs(ctx)
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, api := range all {
		if hasOurTag(app, api) {
			ids = append(ids, aws.ToString(api.ApiId))
		}
	}
	return ids, nil
}

func (r run) updateAPI(ctx context.Context, have *foundAPI) error {
	want := r.App.API
	if have.name != r.App.APIName() || have.selection != want.Selection() ||
		want.IPAddressType != "" && have.ipType != want.IPAddressType {
		_, err := r.UpdateApi(ctx, &apigatewayv2.UpdateApiInput{
			ApiId: &have.id, Name: aws.String(r.App.APIName()),
			RouteSelectionExpression: aws.String(want.Selection()),
			IpAddressType:            types.IpAddressType(want.IPAddressType),
		})
		if err != nil {
			return err
		}
	}
	return r.retag(ctx, "apis/"+have.id, have.tags, r.App.ResourceTags(nil))
}

// retag changes the tags of a resource in API Gateway, named by the end of its ARN.
// (https://docs.aws.amazon.com/apigateway/latest/developerguide/arn-format-reference.html)
func (r run) retag(ctx context.Context, resource string, have, want map[string]string) error {
	arn := fmt.Sprintf("arn:%s:apigateway:%s::/%s", r.Account.Partition, r.Account.Region, resource)
	set, unset := plan.TagChanges(have, want)
	if len(unset) > 0 {
		_, err := r.UntagResource(ctx,
			&apigatewayv2.UntagResourceInput{ResourceArn: &arn, TagKeys: unset})
		if err != nil {
			return err
		}
	}
	if len(set) == 0 {
		return nil
	}
	_, err := r.TagResource(ctx, &apigatewayv2.TagResourceInput{ResourceArn: &arn, Tags: set})
	return err
}

// staleAPIs plans the deletion of orphaned APIs.
func (p *planner) staleAPIs() {
	for _, id := range p.found.orphaned {
		p.Add(plan.Step{
			Action: plan.Delete, Type: plan.TypeAPI, Name: id,
			Do: func(ctx context.Context, r *plan.Run, _ *plan.Resource) error {
				return p.client.run(r).deleteAPI(ctx, id)
			},
		})
	}
}

func (c client) apiType() plan.ResourceType {
	return plan.ResourceType{Name: plan.TypeAPI, Delete: func(res plan.Resource) plan.Step {
		return plan.Deletion(res, res.APIName, "Websocket API", res.APIID,
			func(ctx context.Context, r *plan.Run, res *plan.Resource) error {
				return c.run(r).deleteAPIs(ctx, res)
			})
	}}
}

// deleteAPIs deletes a recorded API, and all others with our name and tag: two deploys at once may
// have made several.
func (r run) deleteAPIs(ctx context.Context, res *plan.Resource) error {
	ids, err := r.ownAPIs(ctx, r.App)
	if err != nil {
		return err
	}
	if res.APIID != "" && !slices.Contains(ids, res.APIID) {
		ids = append(ids, res.APIID)
	}
	for _, id := range ids {
		if err := r.deleteAPI(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

// deleteAPI deletes an API and all that is in it.
func (r run) deleteAPI(ctx context.Context, id string) error {
	_, err := r.DeleteApi(ctx, &apigatewayv2.DeleteApiInput{ApiId: &id})
	return ignoreGone(err)
}

func firstOrEmpty(ids []string) string {
	if len(ids) == 0 {
		return ""
	}
	return ids[0]
}
