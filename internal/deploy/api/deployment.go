package api

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2/types"

	"github.com/tyg-dev/tyg/internal/deploy/plan"
	"github.com/tyg-dev/tyg/internal/deploy/spec"
)

// A foundDeployment is a snapshot of the API: what a stage that uses it does.
type foundDeployment struct {
	id          string
	description string // [fingerprint] of what it is a snapshot of
	status      types.DeploymentStatus
	created     time.Time
}

// keptDeployments is how many deployments stay beside those that stages use: one can be put back by
// hand.
const keptDeployments = 3

func (c client) findDeployments(ctx context.Context, apiID string) ([]foundDeployment, error) {
	items, err := pages(func(token *string) ([]types.Deployment, *string, error) {
		out, err := c.GetDeployments(ctx,
			&apigatewayv2.GetDeploymentsInput{ApiId: &apiID, NextToken: token})
		if err != nil {
			return nil, nil, err
		}
		return out.Items, out.NextToken, nil
	})
	var list []foundDeployment
	for _, d := range items {
		list = append(list, foundDeployment{
			id: aws.ToString(d.DeploymentId), description: aws.ToString(d.Description),
			status: d.DeploymentStatus, created: aws.ToTime(d.CreatedDate),
		})
	}
	slices.SortFunc(list, func(a, b foundDeployment) int {
		return cmp.Or(b.created.Compare(a.created), cmp.Compare(a.id, b.id))
	})
	return list, err
}

// deployment returns the id of the deployment that a stage uses. It is empty if the stage is not
// there.
func (a *foundAPI) deployment(stage string) string {
	for _, s := range a.stages {
		if s.name == stage {
			return s.deployment
		}
	}
	return ""
}

// publishes returns the newest usable deployment with a fingerprint, or nil.
func publishes(list []foundDeployment, fingerprint string) *foundDeployment {
	for i := range list {
		if list[i].description == fingerprint && list[i].status != types.DeploymentStatusFailed {
			return &list[i]
		}
	}
	return nil
}

// fingerprint describes a deployment of what should be there, with the ids that it has: two with
// the same fingerprint do the same.
func fingerprint(app spec.Application, account spec.Account, known plan.IDs) string {
	type integration struct{ ID, URI, Kind, Connection, Content string }
	type route struct {
		Key, Target, Permission, Authorizer, Selection string
		Responds                                       bool
	}
	var all struct {
		Selection    string
		Integrations []integration
		Authorizer   string
		Sources      []string
		Routes       []route
	}
	all.Selection = app.API.Selection()
	for _, function := range slices.Sorted(slices.Values(routedFunctions(app))) {
		i := integrationFor(app, account, function)
		all.Integrations = append(all.Integrations,
			integration{known.Integrations[function], i.uri, i.kind, i.connection, i.content})
	}
	if want := authorizerFor(app, account); want != nil {
		all.Authorizer, all.Sources = known.Authorizer+" "+want.uri, want.sources
	}
	for _, r := range app.API.Routes {
		w := routeFor(app, r, known)
		all.Routes = append(all.Routes,
			route{w.key, w.target, w.permission, w.authorizer, w.selection, w.responds})
	}
	slices.SortFunc(all.Routes, func(a, b route) int { return cmp.Compare(a.Key, b.Key) })
	text, err := json.Marshal(all)
	if err != nil {
		panic(err) // strings and slices of them
	}
	sum := sha256.Sum256(text)
	return "tyg " + hex.EncodeToString(sum[:16])
}

// publish plans a deployment if the live one is not of what should be there. Whoever has changed
// the routes, and whatever has become of that run: the live deployment says what is live.
func (b *planner) publish() {
	in := b.found.inAPI()
	live := in.deployment(b.App.API.Stage)
	want := b.fingerprint()
	for _, d := range in.deployments {
		if d.id == live && d.description == want {
			return
		}
	}
	b.Add(plan.Step{
		Action: plan.Create, Type: plan.TypeDeployment, Name: b.App.APIName(), Line: b.apiLine(),
		Do: func(ctx context.Context, r *plan.Run, _ *plan.Resource) error { return b.client.run(r).publish(ctx) },
	})
}

// fingerprint returns that of what should be there, which matches no deployment while there are ids
// in it that are not known yet.
func (b *planner) fingerprint() string {
	return fingerprint(b.App, b.Account, b.Known)
}

// publishing reports whether the plan publishes the API.
func (b *planner) publishing() bool { return b.Has(plan.TypeDeployment, b.App.APIName()) }

// publish makes a deployment, or takes one that was made of the very same before.
func (r run) publish(ctx context.Context) error {
	fingerprint := fingerprint(r.App, r.Account, r.IDs)
	find := func() (string, error) {
		list, err := r.findDeployments(ctx, r.IDs.API)
		if have := publishes(list, fingerprint); have != nil {
			return have.id, err
		}
		return "", err
	}
	id, err := find()
	if err != nil {
		return err
	}
	if id == "" {
		id, err = r.createOnce(ctx, func() (string, error) {
			out, err := r.CreateDeployment(ctx, &apigatewayv2.CreateDeploymentInput{
				ApiId: &r.IDs.API, Description: &fingerprint,
			}, throttledOnly)
			if err != nil {
				return "", err
			}
			return aws.ToString(out.DeploymentId), nil
		}, find)
	}
	if err != nil {
		return err
	}
	r.IDs.Deployment = id
	return r.awaitDeployment(ctx, id)
}

func (r run) awaitDeployment(ctx context.Context, id string) error {
	return r.Await(ctx, "deployment "+id, time.Minute, func() (bool, error) {
		out, err := r.GetDeployment(ctx,
			&apigatewayv2.GetDeploymentInput{ApiId: &r.IDs.API, DeploymentId: &id})
		if err != nil {
			return false, err
		}
		if out.DeploymentStatus == types.DeploymentStatusFailed {
			return false, fmt.Errorf("publish routes: %s",
				aws.ToString(out.DeploymentStatusMessage))
		}
		return out.DeploymentStatus == types.DeploymentStatusDeployed, nil
	})
}

// staleDeployments plans the end of old deployments: all but those that stages use after this plan
// and the newest few.
func (b *planner) staleDeployments() {
	in := b.found.inAPI()
	keep, spare := b.usedDeployments(), keptDeployments
	if b.publishing() && publishes(in.deployments, b.fingerprint()) == nil {
		spare--
	}
	for i, d := range in.deployments {
		if i < spare || keep[d.id] {
			continue
		}
		b.Add(plan.Step{
			Action: plan.Delete, Type: plan.TypeDeployment, Name: d.id,
			Do: func(ctx context.Context, r *plan.Run, _ *plan.Resource) error {
				_, err := b.client.run(r).DeleteDeployment(ctx,
					&apigatewayv2.DeleteDeploymentInput{ApiId: &r.IDs.API, DeploymentId: &d.id})
				return ignoreGone(err)
			},
		})
	}
}

// usedDeployments returns the deployments that stages use when all steps so far are done.
func (b *planner) usedDeployments() map[string]bool {
	in := b.found.inAPI()
	used := make(map[string]bool)
	for _, s := range in.stages {
		moved := s.name == b.App.API.Stage && b.publishing()
		if !moved && !b.isRenamed(s) {
			used[s.deployment] = true
		}
	}
	if have := publishes(in.deployments, b.fingerprint()); have != nil {
		used[have.id] = true
	}
	return used
}
