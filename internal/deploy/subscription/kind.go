// Package subscription subscribes functions to topics of SNS. It alone calls SNS.
package subscription

import (
	"context"
	"errors"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"

	"github.com/tyg-dev/tyg/internal/deploy/plan"
	"github.com/tyg-dev/tyg/internal/deploy/spec"
)

// A client calls SNS.
type client struct{ *sns.Client }

// A run carries out the steps of subscriptions.
type run struct {
	*plan.Run
	client
}

func (c client) run(r *plan.Run) run { return run{r, c} }

// Kind returns the kind of resource that subscriptions are.
func Kind(cfg aws.Config) plan.Kind {
	c := client{sns.NewFromConfig(cfg)}
	return plan.Kind{Find: c.find, Discover: c.discover, Types: []plan.ResourceType{c.resourceType()}}
}

// A foundSubscription is an existing subscription of one of the functions.
type foundSubscription struct {
	arn, filter, scope string

	// others are the ARNs of subscriptions of the same function by another qualifier.
	others []string
}

// find looks for the subscriptions of the triggers, by the names of these.
func (c client) find(ctx context.Context, app spec.Application, _ plan.State) (plan.Found, error) {
	found := make(map[string]foundSubscription)
	for _, t := range app.Triggers {
		if t.Source != spec.SNS {
			continue
		}
		arn, others, err := c.search(ctx, app, t)
		if err != nil {
			return plan.Found{}, err
		}
		if arn == "" {
			continue
		}
		have, err := c.get(ctx, arn)
		if err != nil {
			return plan.Found{}, err
		}
		have.others = others
		found[t.Name] = have
	}
	plans := func(p *plan.Planner) *planner { return &planner{p, c, found} }
	return plan.Found{
		Last:  func(p *plan.Planner) { plans(p).subscriptions() },
		Stale: func(p *plan.Planner) { plans(p).stale() },
	}, nil
}

// discover looks for the subscriptions of the triggers that the application has. They belong to
// their functions, whose names are ours.
func (c client) discover(ctx context.Context, app spec.Application) ([]plan.Resource, error) {
	var list []plan.Resource
	for _, t := range app.Triggers {
		if t.Source != spec.SNS {
			continue
		}
		all, err := c.list(ctx, t.From, app.FunctionName(t.Name))
		if err != nil && !isNotFound(err) {
			return nil, err
		}
		if len(all) > 0 {
			list = append(list, plan.Resource{
				Name: recordName(t), Type: plan.TypeSubscriber, Pending: true, SourceARN: t.From,
				FunctionName: app.FunctionName(t.Name),
			})
		}
	}
	return list, nil
}

// search returns the ARN of the subscription of a trigger, or "", and those of the same function by
// another qualifier: from before it had an alias.
func (c client) search(
	ctx context.Context, app spec.Application, t spec.Trigger,
) (arn string, others []string, err error) {
	name := app.FunctionName(t.Name)
	all, err := c.list(ctx, t.From, name)
	for _, s := range all {
		if strings.HasSuffix(s.endpoint, ":function:"+spec.Qualified(name, app.Qualifier())) {
			arn = s.arn
		} else {
			others = append(others, s.arn)
		}
	}
	return arn, others, err
}

// A listed is a subscription in the list of a topic.
type listed struct{ arn, endpoint string }

// list returns the subscriptions of a function to a topic, by any qualifier.
func (c client) list(ctx context.Context, topic, function string) ([]listed, error) {
	var all []listed
	pages := sns.NewListSubscriptionsByTopicPaginator(c.Client,
		&sns.ListSubscriptionsByTopicInput{TopicArn: &topic})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, s := range page.Subscriptions {
			if endpoint := aws.ToString(s.Endpoint); isFor(endpoint, function) {
				all = append(all, listed{aws.ToString(s.SubscriptionArn), endpoint})
			}
		}
	}
	return all, nil
}

func (c client) get(ctx context.Context, arn string) (foundSubscription, error) {
	out, err := c.GetSubscriptionAttributes(ctx, &sns.GetSubscriptionAttributesInput{
		SubscriptionArn: &arn,
	})
	if err != nil {
		return foundSubscription{}, err
	}
	return foundSubscription{
		arn: arn, filter: out.Attributes[filterPolicy], scope: out.Attributes[filterScope],
	}, nil
}

// isNotFound reports whether a topic or a subscription does not exist.
func isNotFound(err error) bool {
	_, ok := errors.AsType[*types.NotFoundException](err)
	return ok
}
