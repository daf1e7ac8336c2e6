// Package subscription subscribes functions to topics of SNS. It alone calls SNS.
package subscription

import (
	"context"
	"errors"

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
type foundSubscription struct{ arn, filter, scope string }

// find looks for the subscriptions of the triggers, by the names of these.
func (c client) find(ctx context.Context, app spec.Application, _ plan.State) (plan.Found, error) {
	found := make(map[string]foundSubscription)
	for _, t := range app.Triggers {
		if t.Source != spec.SNS {
			continue
		}
		arn, err := c.search(ctx, t.From, app.FunctionName(t.Name))
		if err != nil {
			return plan.Found{}, err
		}
		if arn == "" {
			continue
		}
		if found[t.Name], err = c.get(ctx, arn); err != nil {
			return plan.Found{}, err
		}
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
		arn, err := c.search(ctx, t.From, app.FunctionName(t.Name))
		if err != nil && !isNotFound(err) {
			return nil, err
		}
		if arn != "" {
			list = append(list, plan.Resource{
				Name: recordName(t), Type: plan.TypeSubscriber, Pending: true, SourceARN: t.From,
				FunctionName: app.FunctionName(t.Name),
			})
		}
	}
	return list, nil
}

// search returns the ARN of the subscription of a function to a topic, or "".
func (c client) search(ctx context.Context, topic, function string) (string, error) {
	pages := sns.NewListSubscriptionsByTopicPaginator(c.Client,
		&sns.ListSubscriptionsByTopicInput{TopicArn: &topic})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return "", err
		}
		for _, s := range page.Subscriptions {
			if isFor(aws.ToString(s.Endpoint), function) {
				return aws.ToString(s.SubscriptionArn), nil
			}
		}
	}
	return "", nil
}

func (c client) get(ctx context.Context, arn string) (foundSubscription, error) {
	out, err := c.GetSubscriptionAttributes(ctx, &sns.GetSubscriptionAttributesInput{
		SubscriptionArn: &arn,
	})
	if err != nil {
		return foundSubscription{}, err
	}
	return foundSubscription{arn, out.Attributes[filterPolicy], out.Attributes[filterScope]}, nil
}

// isNotFound reports whether a topic or a subscription does not exist.
func isNotFound(err error) bool {
	_, ok := errors.AsType[*types.NotFoundException](err)
	return ok
}
