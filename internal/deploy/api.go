package deploy

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2/types"
)

// apiLogicalName is what the state file calls the API.
const apiLogicalName = "websocket_api"

// api plans the API itself, which is made empty.
func (b *planner) api() {
	name := b.app.APIName()
	res := Resource{Name: apiLogicalName, Type: TypeAPI, APIName: name}
	have := b.found.api
	if have == nil {
		b.add(Step{
			Action: Create, Type: TypeAPI, Name: name, resource: res,
			do: func(ctx context.Context, r *run, res *Resource) error {
				return r.createAPI(ctx, res)
			},
		})
		return
	}
	if !b.owned(TypeAPI, apiLogicalName, name, have.tags) {
		return
	}
	b.freeze()
	res.APIID, res.APIURL = have.id, b.found.Account.URL(have.id, b.app.API.Stage)
	var diff changes
	diff.compare("name", have.name, name)
	diff.compare("route selection expression", have.selection, b.app.API.Selection())
	diff.tags(have.tags, b.app.ResourceTags(nil))
	line := ""
	if have.live() {
		line = b.apiLine()
	}
	b.update(TypeAPI, name, line, diff, res, func(ctx context.Context, r *run, _ *Resource) error {
		return r.updateAPI(ctx, have)
	})
}

// apiLine returns what the first step in the API prints. The others print nothing.
func (b *planner) apiLine() string {
	line := "Creating websocket api: " + b.app.APIName()
	if b.found.api.live() {
		line = "Updating websocket api: " + b.app.APIName()
	}
	if slices.ContainsFunc(b.steps, func(s Step) bool { return s.line == line }) {
		return ""
	}
	return line
}

func (r *run) createAPI(ctx context.Context, res *Resource) error {
	id, err := r.once(ctx, func() (string, error) {
		out, err := r.apis.CreateApi(ctx, &apigatewayv2.CreateApiInput{
			Name: &res.APIName, ProtocolType: types.ProtocolTypeWebsocket,
			RouteSelectionExpression: aws.String(r.app.API.Selection()), Tags: r.app.ResourceTags(nil),
		}, throttledOnly)
		if err != nil {
			return "", err
		}
		return aws.ToString(out.ApiId), nil
	}, func() (string, error) {
		ids, err := r.markedAPIs(ctx)
		return first(ids), err
	})
	if err != nil {
		return err
	}
	r.ids.api = id
	res.APIID, res.APIURL = id, r.account.URL(id, r.app.API.Stage)
	return nil
}

// markedAPIs returns the ids of all APIs with the application's name and tag.
func (r *run) markedAPIs(ctx context.Context) ([]string, error) {
	all, err := r.listAPIs(ctx)
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, api := range all {
		if hasOurTag(r.app, api) {
			ids = append(ids, aws.ToString(api.ApiId))
		}
	}
	return ids, nil
}

func (r *run) updateAPI(ctx context.Context, have *foundAPI) error {
	if have.name != r.app.APIName() || have.selection != r.app.API.Selection() {
		_, err := r.apis.UpdateApi(ctx, &apigatewayv2.UpdateApiInput{
			ApiId: &have.id, Name: aws.String(r.app.APIName()),
			RouteSelectionExpression: aws.String(r.app.API.Selection()),
		})
		if err != nil {
			return err
		}
	}
	return r.retag(ctx, "apis/"+have.id, have.tags, r.app.ResourceTags(nil))
}

// retag changes the tags of something in API Gateway, named by the end of its ARN.
// (https://docs.aws.amazon.com/apigateway/latest/developerguide/arn-format-reference.html)
func (r *run) retag(ctx context.Context, resource string, have, want map[string]string) error {
	arn := fmt.Sprintf("arn:%s:apigateway:%s::/%s", r.account.Partition, r.account.Region, resource)
	set, unset := tagChanges(have, want)
	if len(unset) > 0 {
		_, err := r.apis.UntagResource(ctx,
			&apigatewayv2.UntagResourceInput{ResourceArn: &arn, TagKeys: unset})
		if err != nil {
			return err
		}
	}
	if len(set) == 0 {
		return nil
	}
	_, err := r.apis.TagResource(ctx, &apigatewayv2.TagResourceInput{ResourceArn: &arn, Tags: set})
	return err
}

// staleAPIs plans the end of APIs that a run has made and never came to know.
func (b *planner) staleAPIs() {
	for _, id := range b.found.spare {
		b.add(Step{
			Action: Delete, Type: TypeAPI, Name: id,
			do: func(ctx context.Context, r *run, _ *Resource) error {
				return r.deleteAPI(ctx, &Resource{APIID: id})
			},
		})
	}
}

// deleteAPI deletes an API and all that is in it. Without an id it deletes those with our name and
// tag.
func (r *run) deleteAPI(ctx context.Context, res *Resource) error {
	ids := []string{res.APIID}
	if res.APIID == "" {
		var err error
		if ids, err = r.markedAPIs(ctx); err != nil {
			return err
		}
	}
	for _, id := range ids {
		_, err := r.apis.DeleteApi(ctx, &apigatewayv2.DeleteApiInput{ApiId: &id})
		if unlessGone(err) != nil {
			return err
		}
	}
	return nil
}

func first(ids []string) string {
	if len(ids) == 0 {
		return ""
	}
	return ids[0]
}

func apiRecord() record {
	return record{name: TypeAPI, delete: func(res Resource) Step {
		return deletion(res, res.APIName, "Websocket API", res.APIID, (*run).deleteAPI)
	}}
}

// insideAPI plans what is in the API.
func (b *planner) insideAPI() {
	b.integrations()
	b.authorizer()
	b.routes()
	b.publish()
	b.stage()
}

// staleInAPI plans the deletion of what is in the API and not needed any more, and of orphaned APIs.
func (b *planner) staleInAPI() {
	b.staleAPIs()
	b.staleStages()
	b.staleDeployments()
	b.staleAuthorizers()
	b.staleIntegrations()
}
