package rule

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"

	"github.com/tyg-dev/tyg/internal/deploy/plan"
	"github.com/tyg-dev/tyg/internal/deploy/spec"
)

// targetID is the id of the function among the targets of a rule.
const targetID = "function"

// put creates or changes a rule, its tags and its target. Each call may be made again.
func (r run) put(ctx context.Context, t spec.Trigger, have *foundRule) error {
	bus, name := t.Bus(), r.App.RuleName(t)
	if have == nil { // another program may have made it since the plan, or an earlier run
		var err error
		if have, err = r.get(ctx, bus, name); err != nil {
			return err
		}
		if have != nil && have.tags[spec.TagKey] != r.App.Tag() {
			return fmt.Errorf("rule %s of bus %s exists, and belongs to another application", name, bus)
		}
	}
	tags := r.App.ResourceTags(nil)
	in := &eventbridge.PutRuleInput{
		Name: &name, EventBusName: &bus, State: types.RuleStateEnabled,
		Description: aws.String("calls " + r.App.FunctionName(t.Name)),
	}
	schedule, pattern := ruleOf(t)
	if schedule != "" {
		in.ScheduleExpression = &schedule
	} else {
		in.EventPattern = &pattern
	}
	if have == nil {
		in.Tags = listOf(tags)
	}
	if _, err := r.PutRule(ctx, in); err != nil {
		return err
	}
	if have != nil {
		if err := r.tag(ctx, *have, tags); err != nil {
			return err
		}
	}
	return r.target(ctx, t, bus, name)
}

func listOf(tags map[string]string) []types.Tag {
	var list []types.Tag
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		list = append(list, types.Tag{Key: aws.String(key), Value: aws.String(tags[key])})
	}
	return list
}

func (r run) tag(ctx context.Context, have foundRule, want map[string]string) error {
	set, unset := plan.TagChanges(have.tags, want)
	if len(unset) > 0 {
		_, err := r.UntagResource(ctx, &eventbridge.UntagResourceInput{
			ResourceARN: &have.arn, TagKeys: unset,
		})
		if err != nil {
			return err
		}
	}
	if len(set) == 0 {
		return nil
	}
	_, err := r.TagResource(ctx, &eventbridge.TagResourceInput{
		ResourceARN: &have.arn, Tags: listOf(set),
	})
	return err
}

// target makes the function the only target of a rule.
func (r run) target(ctx context.Context, t spec.Trigger, bus, name string) error {
	arn := r.App.Target(r.Account, t.Name)
	out, err := r.PutTargets(ctx, &eventbridge.PutTargetsInput{
		EventBusName: &bus, Rule: &name,
		Targets: []types.Target{{Id: aws.String(targetID), Arn: &arn}},
	})
	if err != nil {
		return err
	}
	for _, f := range out.FailedEntries { // the call itself succeeds
		return fmt.Errorf("lead rule %s to %s: %s: %s", name, arn,
			aws.ToString(f.ErrorCode), aws.ToString(f.ErrorMessage))
	}
	return r.removeTargets(ctx, bus, name, func(id string) bool { return id != targetID })
}

// removeTargets removes the targets of a rule that have certain ids.
func (r run) removeTargets(
	ctx context.Context, bus, name string, remove func(id string) bool,
) error {
	targets, err := r.targets(ctx, bus, name)
	if err != nil {
		return err
	}
	var ids []string
	for _, t := range targets {
		if id := aws.ToString(t.Id); remove(id) {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	out, err := r.RemoveTargets(ctx, &eventbridge.RemoveTargetsInput{
		EventBusName: &bus, Rule: &name, Ids: ids,
	})
	if err != nil {
		return err
	}
	for _, f := range out.FailedEntries {
		return fmt.Errorf("remove target %s of rule %s: %s: %s", aws.ToString(f.TargetId), name,
			aws.ToString(f.ErrorCode), aws.ToString(f.ErrorMessage))
	}
	return nil
}

func (c client) resourceType() plan.ResourceType {
	return plan.ResourceType{Name: plan.TypeRule, Delete: func(res plan.Resource) plan.Step {
		return plan.Deletion(res, res.RuleName, "rule", "",
			func(ctx context.Context, r *plan.Run, res *plan.Resource) error {
				return c.run(r).delete(ctx, res)
			})
	}}
}

// delete deletes a rule and its targets. A pending one, which this application may not have
// created, is deleted only if it has the tag.
func (r run) delete(ctx context.Context, res *plan.Resource) error {
	have, err := r.get(ctx, res.BusName, res.RuleName)
	if err != nil || have == nil {
		return err
	}
	if res.Pending && have.tags[spec.TagKey] != r.App.Tag() {
		return nil
	}
	err = r.removeTargets(ctx, res.BusName, res.RuleName, func(string) bool { return true })
	if isNotFound(err) {
		return nil
	}
	if err != nil {
		return err
	}
	_, err = r.DeleteRule(ctx, &eventbridge.DeleteRuleInput{
		EventBusName: &res.BusName, Name: &res.RuleName,
	})
	if isNotFound(err) {
		return nil
	}
	return err
}
