package function

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/tyg-dev/tyg/internal/deploy/plan"
	"github.com/tyg-dev/tyg/internal/deploy/spec"
)

// A foundURL is the URL of an existing function.
type foundURL struct {
	url  string
	auth types.FunctionUrlAuthType
}

// findURL returns the URL of a function, nil if it has none.
func (c client) findURL(ctx context.Context, function string) (*foundURL, error) {
	out, err := c.GetFunctionUrlConfig(ctx, &lambda.GetFunctionUrlConfigInput{FunctionName: &function})
	if isNoFunction(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &foundURL{aws.ToString(out.FunctionUrl), out.AuthType}, nil
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
	var diff plan.Changes
	diff.Compare("authorization", string(have.auth), string(authOf(t)))
	p.Update(plan.TypeFunctionURL, name, "Updating URL of lambda function: "+name, diff, res,
		func(ctx context.Context, r *plan.Run, _ *plan.Resource) error {
			return p.client.run(r).updateURL(ctx, t, name)
		})
}

func (r run) createURL(ctx context.Context, t spec.Trigger, res *plan.Resource) error {
	return r.retryWhileBusy(ctx, res.FunctionName, func() error {
		// It exists if the answer to an earlier call was lost.
		have, err := r.findURL(ctx, res.FunctionName)
		if err != nil {
			return err
		}
		if have != nil {
			res.FunctionURL = have.url
			if have.auth == authOf(t) {
				return nil
			}
			return r.updateURL(ctx, t, res.FunctionName)
		}
		out, err := r.CreateFunctionUrlConfig(ctx, &lambda.CreateFunctionUrlConfigInput{
			FunctionName: &res.FunctionName, AuthType: authOf(t),
		})
		if err == nil {
			res.FunctionURL = aws.ToString(out.FunctionUrl)
		}
		return err
	})
}

func (r run) updateURL(ctx context.Context, t spec.Trigger, function string) error {
	_, err := r.UpdateFunctionUrlConfig(ctx, &lambda.UpdateFunctionUrlConfigInput{
		FunctionName: &function, AuthType: authOf(t),
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

// deleteURL deletes the URL of a function. A pending one, of a function that may not be ours, goes
// with the function, if that is.
func (r run) deleteURL(ctx context.Context, res *plan.Resource) error {
	if res.Pending {
		have, err := r.get(ctx, res.FunctionName)
		if err != nil || have == nil || have.tags[spec.TagKey] != r.App.Tag() {
			return err
		}
	}
	return r.retryWhileBusy(ctx, res.FunctionName, func() error {
		_, err := r.DeleteFunctionUrlConfig(ctx, &lambda.DeleteFunctionUrlConfigInput{
			FunctionName: &res.FunctionName,
		})
		if isNoFunction(err) {
			return nil
		}
		return err
	})
}

// staleURLs plans the deletion of URLs that no trigger has any more.
func (p *planner) staleURLs() {
	p.DeleteStale(p.client.urlType(), func(res plan.Resource) bool {
		t, ok := p.App.Trigger(res.Name)
		return ok && t.Source == spec.HTTP
	})
}
