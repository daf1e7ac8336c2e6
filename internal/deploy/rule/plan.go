package rule

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"

	"github.com/tyg-dev/tyg/internal/deploy/plan"
	"github.com/tyg-dev/tyg/internal/deploy/spec"
)

// A planner plans rules.
type planner struct {
	*plan.Planner
	client client
	found  map[string]foundRule // by the names of triggers
}

func (p *planner) rules() {
	for _, t := range p.App.Triggers {
		if t.Ruled() {
			p.rule(t)
		}
	}
}

// recordName is the name of a rule in the state file. A trigger whose bus has changed has two for a
// while.
func recordName(t spec.Trigger) string { return t.Name + " " + t.Bus() }

func (p *planner) rule(t spec.Trigger) {
	name := p.App.RuleName(t)
	res := plan.Resource{
		Name: recordName(t), Type: plan.TypeRule, RuleName: name, BusName: t.Bus(),
	}
	have, ok := p.found[t.Name]
	if !ok {
		p.Add(plan.Step{
			Action: plan.Create, Type: plan.TypeRule, Name: name, Resource: res,
			Line: "Creating rule: " + name,
			Do: func(ctx context.Context, r *plan.Run, _ *plan.Resource) error {
				return p.client.run(r).put(ctx, t, nil)
			},
		})
		return
	}
	if !p.Owned(plan.TypeRule, res.Name, name, have.tags) {
		return
	}
	p.Update(plan.TypeRule, name, "Updating rule: "+name, p.diff(t, have), res,
		func(ctx context.Context, r *plan.Run, _ *plan.Resource) error {
			return p.client.run(r).put(ctx, t, &have)
		})
}

func (p *planner) diff(t spec.Trigger, have foundRule) plan.Changes {
	var diff plan.Changes
	schedule, pattern := ruleOf(t)
	diff.Compare("schedule", have.schedule, schedule)
	diff.CompareJSON("filter", have.pattern, pattern)
	diff.Compare("state", string(have.state), string(types.RuleStateEnabled))
	target := p.App.Target(p.Account, t.Name)
	diff.Compare("target", strings.Join(have.targets, ", "), target)
	diff.Tags(have.tags, p.App.ResourceTags(nil))
	return diff
}

// ruleOf returns the schedule or the pattern of a rule.
func ruleOf(t spec.Trigger) (schedule, pattern string) {
	if t.Source == spec.Schedule {
		return t.From, ""
	}
	return "", t.Filter
}

// staleRules plans the deletion of rules that no trigger has any more.
func (p *planner) staleRules() {
	wanted := make(map[string]bool)
	for _, t := range p.App.Triggers {
		if t.Ruled() {
			wanted[recordName(t)] = true
		}
	}
	p.DeleteStale(p.client.resourceType(), func(res plan.Resource) bool { return wanted[res.Name] })
}
