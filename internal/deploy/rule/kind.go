// Package rule deploys rules of EventBridge, which call functions by a schedule or for events of a
// bus. It alone calls EventBridge.
package rule

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"

	"github.com/tyg-dev/tyg/internal/deploy/plan"
	"github.com/tyg-dev/tyg/internal/deploy/spec"
)

// A client calls EventBridge.
type client struct{ *eventbridge.Client }

// A run carries out the steps of rules.
type run struct {
	*plan.Run
	client
}

func (c client) run(r *plan.Run) run { return run{r, c} }

// Kind returns the kind of resource that rules are.
func Kind(cfg aws.Config) plan.Kind {
	c := client{eventbridge.NewFromConfig(cfg)}
	return plan.Kind{Find: c.find, Discover: c.discover, Types: []plan.ResourceType{c.resourceType()}}
}

// find looks for the rules of the triggers.
func (c client) find(ctx context.Context, app spec.Application, _ plan.State) (plan.Found, error) {
	rules, err := c.findRules(ctx, app)
	if err != nil {
		return plan.Found{}, err
	}
	plans := func(p *plan.Planner) *planner { return &planner{p, c, rules} }
	f := plan.Found{
		Last:  func(p *plan.Planner) { plans(p).rules() },
		Stale: func(p *plan.Planner) { plans(p).staleRules() },
	}
	for _, r := range rules {
		f.Tags = append(f.Tags, r.tags)
	}
	return f, nil
}

// discover looks for the rules of the triggers that the application has, by name and tag.
func (c client) discover(ctx context.Context, app spec.Application) ([]plan.Resource, error) {
	rules, err := c.findRules(ctx, app)
	if err != nil {
		return nil, err
	}
	var list []plan.Resource
	for _, t := range app.Triggers {
		if have, ok := rules[t.Name]; ok && have.tags[spec.TagKey] == app.Tag() {
			list = append(list, plan.Resource{
				Name: recordName(t), Type: plan.TypeRule, Pending: true, RuleName: app.RuleName(t),
				BusName: t.Bus(),
			})
		}
	}
	return list, nil
}
