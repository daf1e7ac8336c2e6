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

// A foundDeployment is a snapshot of the API. A stage serves one.
type foundDeployment struct {
	id          string
	description string // the [fingerprint] of the snapshot
	status      types.DeploymentStatus
	created     time.Time
}

// keptDeployments is how many deployments stay besides those that stages use, to roll back by hand.
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

// deployment returns the id of the deployment that a stage uses. It is empty if there is no such
// stage.
func (a *foundAPI) deployment(stage string) string {
	for _, s := range a.stages {
		if s.name == stage {
			return s.deployment
		}
	}
	return ""
}

// deploymentOf returns the newest usable deployment with a fingerprint, or nil.
func deploymentOf(list []foundDeployment, fingerprint string) *foundDeployment {
	for i := range list {
		if list[i].description == fingerprint && list[i].status != types.DeploymentStatusFailed {
			return &list[i]
		}
	}
	return nil
}

// fingerprint returns a hash of what a deployment of the application contains, including ids.
// Deployments with the same fingerprint behave the same.
func fingerprint(app spec.Application, account spec.Account, known plan.IDs) string {
	type integration struct{ ID, URI, Kind, Connection, Content string }
	type route struct {
		Key, Target, Permission, Authorizer, Selection string
		Responds                                       bool
		KeyRequired                                    bool `json:",omitempty"`
	}
	var all struct {
		Selection    string
		Integrations []integration
		Authorizer   string
		Role         string `json:",omitempty"`
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
		all.Role = want.role
	}
	for _, r := range app.API.Routes {
		w := routeFor(app, r, known)
		all.Routes = append(all.Routes,
			route{w.key, w.target, w.permission, w.authorizer, w.selection, w.responds, w.keyRequired})
	}
	slices.SortFunc(all.Routes, func(a, b route) int { return cmp.Compare(a.Key, b.Key) })
	text, err := json.Marshal(all)
	if err != nil {
		panic(err) // strings and slices of them
	}
	sum := sha256.Sum256(text)
	return "tyg " + hex.EncodeToString(sum[:16])
}

// publish plans a deployment unless the live one has the right fingerprint. Only the live
// deployment says what is live: the routes may have been changed by hand, or by a run that died.
func (p *planner) publish() {
	in := p.found.inAPI()
	live := in.deployment(p.App.API.Stage)
	want := p.fingerprint()
	for _, d := range in.deployments {
		if d.id == live && d.description == want {
			return
		}
	}
	if p.App.Canary > 0 {
		p.Conflict("--canary: this release changes the routes or the authorizer of the API, which " +
			"change for all clients at once; deploy without --canary")
	}
	p.Add(plan.Step{
		Action: plan.Create, Type: plan.TypeDeployment, Name: p.App.APIName(), Line: p.apiLine(),
		Do: func(ctx context.Context, r *plan.Run, _ *plan.Resource) error {
			return p.client.run(r).publish(ctx)
		},
	})
}

// fingerprint returns the fingerprint of the application. It matches no deployment while ids are
// not known yet.
func (p *planner) fingerprint() string {
	return fingerprint(p.App, p.Account, p.Known)
}

// publishing reports whether the plan publishes the API.
func (p *planner) publishing() bool { return p.Has(plan.TypeDeployment, p.App.APIName()) }

// publish creates a deployment, or takes an older one with the same fingerprint.
func (r run) publish(ctx context.Context) error {
	fingerprint := fingerprint(r.App, r.Account, r.IDs)
	find := func() (string, error) {
		list, err := r.findDeployments(ctx, r.IDs.API)
		if have := deploymentOf(list, fingerprint); have != nil {
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

// staleDeployments plans the deletion of old deployments: all except the newest few and those that
// stages use after this plan.
func (p *planner) staleDeployments() {
	in := p.found.inAPI()
	used, kept := p.usedDeployments(), keptDeployments
	if p.publishing() && deploymentOf(in.deployments, p.fingerprint()) == nil {
		kept--
	}
	for i, d := range in.deployments {
		if i < kept || used[d.id] {
			continue
		}
		p.Add(plan.Step{
			Action: plan.Delete, Type: plan.TypeDeployment, Name: d.id,
			Do: func(ctx context.Context, r *plan.Run, _ *plan.Resource) error {
				_, err := p.client.run(r).DeleteDeployment(ctx,
					&apigatewayv2.DeleteDeploymentInput{ApiId: &r.IDs.API, DeploymentId: &d.id})
				return ignoreGone(err)
			},
		})
	}
}

// usedDeployments returns the deployments that stages use after the steps so far.
func (p *planner) usedDeployments() map[string]bool {
	in := p.found.inAPI()
	used := make(map[string]bool)
	for _, s := range in.stages {
		moved := s.name == p.App.API.Stage && p.publishing()
		if !moved && !p.isRenamed(s) {
			used[s.deployment] = true
		}
	}
	if have := deploymentOf(in.deployments, p.fingerprint()); have != nil {
		used[have.id] = true
	}
	return used
}
