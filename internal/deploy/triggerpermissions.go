package deploy

import (
	"slices"

	"github.com/tyg-dev/tyg/internal/deploy/spec"
)

// allowTriggers adds what deploying triggers needs. IAM does not distinguish event source mappings
// and subscriptions by names.
// (https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html,
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsns.html)
func allowTriggers(p *Policy, app Application, account Account) {
	var topics, rules []string
	for _, t := range app.Triggers {
		if t.Source == spec.SNS {
			topics = append(topics, t.ARN(account))
		}
		if t.Ruled() {
			rules = append(rules, app.RuleARN(account, t))
		}
	}
	var tables []string
	for _, t := range app.Triggers {
		if name := app.StreamTable(t); name != "" && app.Table(name) == nil {
			tables = append(tables, account.ARN("dynamodb", "table/"+name))
		}
	}
	if len(tables) > 0 {
		p.Allow("Streams", []string{"dynamodb:DescribeTable"}, tables...)
	}
	if slices.ContainsFunc(app.Triggers, spec.Trigger.Batched) {
		p.Allow("EventSources", []string{
			"lambda:CreateEventSourceMapping", "lambda:DeleteEventSourceMapping",
			"lambda:GetEventSourceMapping", "lambda:ListEventSourceMappings",
			"lambda:UpdateEventSourceMapping",
		}, "*")
	}
	if slices.ContainsFunc(app.Triggers, func(t Trigger) bool { return t.Source == spec.HTTP }) {
		p.Allow("URLs", []string{
			"lambda:CreateFunctionUrlConfig", "lambda:DeleteFunctionUrlConfig",
			"lambda:GetFunctionUrlConfig", "lambda:UpdateFunctionUrlConfig",
		}, account.FunctionARN(app.Prefix()+"-*"))
	}
	if len(rules) > 0 {
		p.Allow("Rules", []string{
			"events:DeleteRule", "events:DescribeRule", "events:ListTagsForResource",
			"events:ListTargetsByRule", "events:PutRule", "events:PutTargets", "events:RemoveTargets",
			"events:TagResource", "events:UntagResource",
		}, rules...)
	}
	if len(topics) > 0 {
		p.Allow("Topics", []string{"sns:ListSubscriptionsByTopic", "sns:Subscribe"}, topics...)
		p.Allow("Subscriptions", []string{
			"sns:GetSubscriptionAttributes", "sns:SetSubscriptionAttributes", "sns:Unsubscribe",
		}, "*")
	}
}
