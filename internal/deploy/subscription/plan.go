package subscription

import (
	"cmp"
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"github.com/tyg-dev/tyg/internal/deploy/plan"
	"github.com/tyg-dev/tyg/internal/deploy/spec"
)

// The attributes of a subscription. Filters are for the attributes of messages.
// (https://docs.aws.amazon.com/sns/latest/dg/sns-message-filtering.html)
const (
	filterPolicy = "FilterPolicy"
	filterScope  = "FilterPolicyScope"
	byAttributes = "MessageAttributes"
	protocol     = "lambda"
)

// A planner plans subscriptions.
type planner struct {
	*plan.Planner
	client client
	found  map[string]foundSubscription // by the names of triggers
}

// isFor reports whether an endpoint is a function of a name.
func isFor(endpoint, function string) bool {
	return strings.HasSuffix(endpoint, ":function:"+function)
}

// recordName is the name of a subscription in the state file. A trigger whose topic has changed has
// two for a while.
func recordName(t spec.Trigger) string { return t.Name + " " + t.From }

func (p *planner) subscriptions() {
	for _, t := range p.App.Triggers {
		if t.Source == spec.SNS {
			p.subscription(t)
		}
	}
}

func (p *planner) subscription(t spec.Trigger) {
	name := p.App.FunctionName(t.Name)
	res := plan.Resource{
		Name: recordName(t), Type: plan.TypeSubscriber, SourceARN: t.From, FunctionName: name,
	}
	have, ok := p.found[t.Name]
	if !ok {
		p.Add(plan.Step{
			Action: plan.Create, Type: plan.TypeSubscriber, Name: name, Resource: res,
			Line: "Subscribing lambda function " + name + " to " + t.From,
			Do: func(ctx context.Context, r *plan.Run, _ *plan.Resource) error {
				return p.client.run(r).subscribe(ctx, t)
			},
		})
		return
	}
	p.Update(plan.TypeSubscriber, name, "Updating trigger: "+t.Name, diff(t, have), res,
		func(ctx context.Context, r *plan.Run, _ *plan.Resource) error {
			return p.client.run(r).setFilter(ctx, t, have)
		})
}

func diff(t spec.Trigger, have foundSubscription) plan.Changes {
	var diff plan.Changes
	diff.CompareJSON("filter", have.filter, t.Filter)
	if t.Filter != "" {
		diff.Compare("scope of the filter", cmp.Or(have.scope, byAttributes), byAttributes)
	}
	return diff
}

// subscribe subscribes the function. SNS returns a subscription that exists with the same filter.
func (r run) subscribe(ctx context.Context, t spec.Trigger) error {
	endpoint := r.Account.FunctionARN(r.App.FunctionName(t.Name))
	arn, err := r.search(ctx, t.From, r.App.FunctionName(t.Name))
	if err != nil {
		return err
	}
	if arn != "" { // the answer to an earlier call was lost
		have, err := r.get(ctx, arn)
		if err != nil {
			return err
		}
		return r.setFilter(ctx, t, have)
	}
	in := &sns.SubscribeInput{
		TopicArn: &t.From, Protocol: aws.String(protocol), Endpoint: &endpoint,
		ReturnSubscriptionArn: true,
	}
	if t.Filter != "" {
		in.Attributes = map[string]string{filterPolicy: t.Filter}
	}
	_, err = r.Subscribe(ctx, in)
	return err
}

// setFilter changes the filter of a subscription. An empty object removes it.
func (r run) setFilter(ctx context.Context, t spec.Trigger, have foundSubscription) error {
	for _, c := range diff(t, have) {
		name, value := filterPolicy, cmp.Or(t.Filter, "{}")
		if c.Property != "filter" {
			name, value = filterScope, byAttributes
		}
		_, err := r.SetSubscriptionAttributes(ctx, &sns.SetSubscriptionAttributesInput{
			SubscriptionArn: &have.arn, AttributeName: &name, AttributeValue: &value,
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (c client) resourceType() plan.ResourceType {
	return plan.ResourceType{Name: plan.TypeSubscriber, Delete: func(res plan.Resource) plan.Step {
		return plan.Deletion(res, res.FunctionName, "subscription to", res.SourceARN,
			func(ctx context.Context, r *plan.Run, res *plan.Resource) error {
				return c.run(r).delete(ctx, res)
			})
	}}
}

// delete ends a subscription. Those of a topic that is gone are gone, too.
func (r run) delete(ctx context.Context, res *plan.Resource) error {
	arn, err := r.search(ctx, res.SourceARN, res.FunctionName)
	if isNotFound(err) || err == nil && arn == "" {
		return nil
	}
	if err != nil {
		return err
	}
	_, err = r.Unsubscribe(ctx, &sns.UnsubscribeInput{SubscriptionArn: &arn})
	if isNotFound(err) {
		return nil
	}
	return err
}

// stale plans the deletion of subscriptions that no trigger has any more.
func (p *planner) stale() {
	wanted := make(map[string]bool)
	for _, t := range p.App.Triggers {
		if t.Source == spec.SNS {
			wanted[recordName(t)] = true
		}
	}
	p.DeleteStale(p.client.resourceType(), func(res plan.Resource) bool { return wanted[res.Name] })
}
