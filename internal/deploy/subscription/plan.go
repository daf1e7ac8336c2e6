package subscription

import (
	"cmp"
	"context"
	"strconv"
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

// isFor reports whether an endpoint is a function of a name, by any qualifier.
func isFor(endpoint, function string) bool {
	_, name, _ := strings.Cut(endpoint, ":function:")
	name, _, _ = strings.Cut(name, ":")
	return name == function
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
	changes := diff(t, have)
	changes.Compare("subscriptions of the function", strconv.Itoa(1+len(have.others)), "1")
	p.Update(plan.TypeSubscriber, name, "Updating trigger: "+t.Name, changes, res,
		func(ctx context.Context, r *plan.Run, _ *plan.Resource) error {
			do := p.client.run(r)
			if err := do.setFilter(ctx, t, have); err != nil {
				return err
			}
			return do.unsubscribe(ctx, have.others)
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

// subscribe subscribes the function, and then ends its subscriptions by another qualifier: for a
// moment it gets a notification twice, and never not at all. SNS returns a subscription that exists
// with the same filter.
func (r run) subscribe(ctx context.Context, t spec.Trigger) error {
	arn, others, err := r.search(ctx, r.App, t)
	if err != nil {
		return err
	}
	if arn != "" { // the answer to an earlier call was lost
		have, err := r.get(ctx, arn)
		if err == nil {
			err = r.setFilter(ctx, t, have)
		}
		if err != nil {
			return err
		}
		return r.unsubscribe(ctx, others)
	}
	endpoint := r.App.Target(r.Account, t.Name)
	in := &sns.SubscribeInput{
		TopicArn: &t.From, Protocol: aws.String(protocol), Endpoint: &endpoint,
		ReturnSubscriptionArn: true,
	}
	if t.Filter != "" {
		in.Attributes = map[string]string{filterPolicy: t.Filter}
	}
	if _, err = r.Subscribe(ctx, in); err != nil {
		return err
	}
	return r.unsubscribe(ctx, others)
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

// delete ends the subscriptions of a function. Those of a topic that is gone are gone, too.
func (r run) delete(ctx context.Context, res *plan.Resource) error {
	all, err := r.list(ctx, res.SourceARN, res.FunctionName)
	if isNotFound(err) {
		return nil
	}
	if err != nil {
		return err
	}
	var arns []string
	for _, s := range all {
		arns = append(arns, s.arn)
	}
	return r.unsubscribe(ctx, arns)
}

// unsubscribe ends subscriptions.
func (r run) unsubscribe(ctx context.Context, arns []string) error {
	for _, arn := range arns {
		_, err := r.Unsubscribe(ctx, &sns.UnsubscribeInput{SubscriptionArn: &arn})
		if err != nil && !isNotFound(err) {
			return err
		}
	}
	return nil
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
