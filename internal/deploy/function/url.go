package function

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/tyg-dev/tyg/internal/deploy/plan"
	"github.com/tyg-dev/tyg/internal/deploy/spec"
)

// A foundURL is the URL of an existing function, or of an alias of it.
type foundURL struct {
	url       string
	auth      types.FunctionUrlAuthType
	qualifier string
}

// findURL returns the URL of a function, nil if it has none. One of the function itself goes before
// that of its alias: it was there before the alias, and clients know it. Another one would have
// another name.
func (c client) findURL(
	ctx context.Context, app spec.Application, function string,
) (*foundURL, error) {
	have, err := c.getURL(ctx, function, "")
	if have != nil || err != nil || app.Qualifier() == "" {
		return have, err
	}
	return c.getURL(ctx, function, app.Qualifier())
}

func (c client) getURL(ctx context.Context, function, qualifier string) (*foundURL, error) {
	out, err := c.GetFunctionUrlConfig(ctx, &lambda.GetFunctionUrlConfigInput{
		FunctionName: &function, Qualifier: stringOrNil(qualifier),
	})
	if isNoFunction(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &foundURL{aws.ToString(out.FunctionUrl), out.AuthType, qualifier}, nil
}

// urls plans the function URLs.
func (p *planner) urls() {
	for _, t := range p.App.Triggers {
		if t.Source == spec.HTTP {
			p.url(t)
		}
	}
}

func authOf(t spec.Trigger) types.FunctionUrlAuthType {
	if t.Public {
		return types.FunctionUrlAuthTypeNone
	}
	return types.FunctionUrlAuthTypeAwsIam
}

func (p *planner) url(t spec.Trigger) {
	name := p.App.FunctionName(t.Name)
	res := plan.Resource{Name: t.Name, Type: plan.TypeFunctionURL, FunctionName: name}
	have := p.triggers.urls[t.Name]
	if _, live := p.liveFunction(name); have == nil || !live {
		p.Add(plan.Step{
			Action: plan.Create, Type: plan.TypeFunctionURL, Name: name, Resource: res,
			Line: "Creating URL of lambda function: " + name,
			Do: func(ctx context.Context, r *plan.Run, res *plan.Resource) error {
				return p.client.run(r).createURL(ctx, t, res)
			},
		})
		return
	}
	res.FunctionURL = have.url
	if have.qualifier != p.App.Qualifier() {
		p.Warn("the URL of trigger %s is older than releases: it calls what was deployed last, also "+
			"after a rollback; to let it call the live release, deploy once without the trigger, and again "+
			"with it, which gives it another URL", t.Name)
	}
	var diff plan.Changes
	diff.Compare("authorization", string(have.auth), string(authOf(t)))
	p.Update(plan.TypeFunctionURL, name, "Updating URL of lambda function: "+name, diff, res,
		func(ctx context.Context, r *plan.Run, _ *plan.Resource) error {
			return p.client.run(r).updateURL(ctx, t, name, have.qualifier)
		})
}

func (r run) createURL(ctx context.Context, t spec.Trigger, res *plan.Resource) error {
	return r.retryWhileBusy(ctx, res.FunctionName, func() error {
		// It exists if the answer to an earlier call was lost.
		have, err := r.findURL(ctx, r.App, res.FunctionName)
		if err != nil {
			return err
		}
		if have != nil {
			res.FunctionURL = have.url
			if have.auth == authOf(t) {
				return nil
			}
			return r.updateURL(ctx, t, res.FunctionName, have.qualifier)
		}
		out, err := r.CreateFunctionUrlConfig(ctx, &lambda.CreateFunctionUrlConfigInput{
			FunctionName: &res.FunctionName, AuthType: authOf(t),
			Qualifier: stringOrNil(r.App.Qualifier()),
		})
		if err == nil {
			res.FunctionURL = aws.ToString(out.FunctionUrl)
		}
		return err
	})
}

func (r run) updateURL(
	ctx context.Context, t spec.Trigger, function, qualifier string,
) error {
	_, err := r.UpdateFunctionUrlConfig(ctx, &lambda.UpdateFunctionUrlConfigInput{
		FunctionName: &function, AuthType: authOf(t), Qualifier: stringOrNil(qualifier),
	})
	return err
}

func (c client) urlType() plan.ResourceType {
	return plan.ResourceType{Name: plan.TypeFunctionURL, Delete: func(res plan.Resource) plan.Step {
		return plan.Deletion(res, res.FunctionName, "function URL", res.FunctionURL,
			func(ctx context.Context, r *plan.Run, res *plan.Resource) error {
				return c.run(r).deleteURL(ctx, res)
			})
	}}
}

// deleteURL deletes the URL of a function, and that of its alias. A pending one, of a function that
// may not be ours, goes with the function, if that is.
func (r run) deleteURL(ctx context.Context, res *plan.Resource) error {
	if res.Pending {
		have, err := r.get(ctx, res.FunctionName)
		if err != nil || have == nil || have.tags[spec.TagKey] != r.App.Tag() {
			return err
		}
	}
	for _, qualifier := range []string{"", spec.LiveAlias} {
		err := r.retryWhileBusy(ctx, res.FunctionName, func() error {
			_, err := r.DeleteFunctionUrlConfig(ctx, &lambda.DeleteFunctionUrlConfigInput{
				FunctionName: &res.FunctionName, Qualifier: stringOrNil(qualifier),
			})
			if isNoFunction(err) {
				return nil
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// staleURLs plans the deletion of URLs that no trigger has any more.
func (p *planner) staleURLs() {
	p.DeleteStale(p.client.urlType(), func(res plan.Resource) bool {
		t, ok := p.App.Trigger(res.Name)
		return ok && t.Source == spec.HTTP
	})
}
