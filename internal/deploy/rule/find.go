package rule

import (
	"context"
	"errors"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"

	"github.com/tyg-dev/tyg/internal/deploy/spec"
)

// A foundRule is an existing rule.
type foundRule struct {
	arn               string
	schedule, pattern string
	state             types.RuleState
	targets           []string // ARNs, sorted
	tags              map[string]string
}

// findRules looks for the rules of the triggers, by the names of these.
func (c client) findRules(
	ctx context.Context, app spec.Application,
) (map[string]foundRule, error) {
	rules := make(map[string]foundRule)
	for _, t := range app.Triggers {
		if !t.Ruled() {
			continue
		}
		have, err := c.get(ctx, t.Bus(), app.RuleName(t))
		if err != nil {
			return nil, err
		}
		if have != nil {
			rules[t.Name] = *have
		}
	}
	return rules, nil
}

// get returns a rule, nil if there is none of that name.
func (c client) get(ctx context.Context, bus, name string) (*foundRule, error) {
	out, err := c.DescribeRule(ctx, &eventbridge.DescribeRuleInput{EventBusName: &bus, Name: &name})
	if isNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	have := &foundRule{
		arn: aws.ToString(out.Arn), schedule: aws.ToString(out.ScheduleExpression),
		pattern: aws.ToString(out.EventPattern), state: out.State, tags: make(map[string]string),
	}
	tags, err := c.ListTagsForResource(ctx, &eventbridge.ListTagsForResourceInput{
		ResourceARN: out.Arn,
	})
	if err != nil {
		return nil, err
	}
	for _, tag := range tags.Tags {
		have.tags[aws.ToString(tag.Key)] = aws.ToString(tag.Value)
	}
	targets, err := c.targets(ctx, bus, name)
	for _, t := range targets {
		have.targets = append(have.targets, aws.ToString(t.Arn))
	}
	slices.Sort(have.targets)
	return have, err
}

// targets returns all targets of a rule.
func (c client) targets(ctx context.Context, bus, name string) ([]types.Target, error) {
	var all []types.Target
	in := &eventbridge.ListTargetsByRuleInput{EventBusName: &bus, Rule: &name}
	for {
		out, err := c.ListTargetsByRule(ctx, in)
		if err != nil {
			return nil, err
		}
		all = append(all, out.Targets...)
		if in.NextToken = out.NextToken; in.NextToken == nil {
			return all, nil
		}
	}
}

// isNotFound reports whether a rule or its bus does not exist.
func isNotFound(err error) bool {
	_, ok := errors.AsType[*types.ResourceNotFoundException](err)
	return ok
}
