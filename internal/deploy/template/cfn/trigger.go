package cfn

import (
	"encoding/json"
	"strings"

	"github.com/tyg-dev/tyg/internal/deploy/spec"
	"github.com/tyg-dev/tyg/internal/deploy/template"
)

// triggerPermissions lets what triggers a function call it, and returns the ids of the permissions.
func (s *stack) triggerPermissions(function string) []any {
	var ids []any
	for _, g := range s.app.Grants(s.Account, function, s.Dialect.API) {
		kind, ok := strings.CutPrefix(g.ID, spec.GrantPrefix)
		if !ok || g.ID == spec.GrantPrefix+s.Dialect.API {
			continue // the API's
		}
		id := camel(function) + camel(kind) + "Permission"
		p := object{
			"FunctionName": s.targetName(function), "Action": g.Action, "Principal": g.Principal,
		}
		switch {
		case g.Source != "":
			p["SourceArn"] = template.Expr(g.Source)
		case g.URL == spec.URLAuth:
			p["FunctionUrlAuthType"] = g.URL
		case g.URL == spec.URLInvoke:
			p["InvokedViaFunctionUrl"] = true
		}
		s.add(id, "AWS::Lambda::Permission", p, nil)
		ids = append(ids, id)
	}
	return ids
}

// trigger adds what leads the events of a source to a function. It waits for the permission: it is
// live as soon as it exists.
func (s *stack) trigger(t spec.Trigger) {
	function := camel(t.Name)
	more := object{}
	if ids := s.triggerPermissions(t.Name); len(ids) > 0 {
		more["DependsOn"] = ids
	}
	switch {
	case t.Batched():
		s.add(function+"EventSource", "AWS::Lambda::EventSourceMapping", s.mapping(t), more)
	case t.Ruled():
		s.add(function+"Rule", "AWS::Events::Rule", s.rule(t), more)
	case t.Source == spec.SNS:
		p := object{
			"TopicArn": template.Expr(t.ARN(s.Account)), "Protocol": "lambda",
			"Endpoint": s.target(t.Name),
		}
		if t.Filter != "" {
			p["FilterPolicy"] = s.pattern(t)
		}
		s.add(function+"Subscription", "AWS::SNS::Subscription", p, more)
	case t.Source == spec.HTTP:
		auth := "AWS_IAM"
		if t.Public {
			auth = spec.URLAuth
		}
		p := object{"TargetFunctionArn": attribute(function, "Arn"), "AuthType": auth}
		if s.app.Releases > 0 {
			p["Qualifier"] = spec.LiveAlias
			depends, _ := more["DependsOn"].([]any)
			more["DependsOn"] = append(depends, function+"Alias")
		}
		s.add(function+"URL", "AWS::Lambda::Url", p, more)
		s.output(function+"URL", "Where "+t.Name+" serves HTTP", attribute(function+"URL", "FunctionUrl"))
	}
}

func (s *stack) mapping(t spec.Trigger) object {
	p := object{
		"EventSourceArn": s.source(t), "FunctionName": s.targetName(t.Name),
		"FunctionResponseTypes": []any{"ReportBatchItemFailures"}, "Tags": s.tags(nil),
	}
	if t.BatchSize > 0 {
		p["BatchSize"] = t.BatchSize
	}
	if t.Window >= 0 {
		p["MaximumBatchingWindowInSeconds"] = t.Window
	}
	if t.Concurrency > 0 {
		p["ScalingConfig"] = object{"MaximumConcurrency": t.Concurrency}
	}
	if t.Filter != "" {
		p["FilterCriteria"] = object{"Filters": []any{object{"Pattern": t.Filter}}}
	}
	if t.Source == spec.DynamoDB {
		p["StartingPosition"] = "LATEST"
		if t.Oldest {
			p["StartingPosition"] = "TRIM_HORIZON"
		}
	}
	return p
}

// source returns the ARN of a queue or a stream. CloudFormation cannot look up the stream of a
// table that is not in the template, so it is a parameter.
func (s *stack) source(t spec.Trigger) any {
	name := s.app.StreamTable(t)
	if name == "" {
		return template.Expr(t.ARN(s.Account))
	}
	if own := s.app.Table(name); own != nil {
		if !own.Streams() {
			s.conflicts = append(s.conflicts, template.NoStream(t, *own))
		}
		return attribute(tableID(*own), "StreamArn")
	}
	id := camel(t.Name) + "StreamArn"
	s.parameters[id] = object{
		"Type":        "String",
		"Description": "The ARN of the stream of table " + name + ", its LatestStreamArn",
	}
	return ref(id)
}

func (s *stack) rule(t spec.Trigger) object {
	p := object{
		"Name": s.app.RuleName(t), "EventBusName": t.Bus(), "State": "ENABLED",
		"Description": "calls " + s.app.FunctionName(t.Name),
		"Targets":     []any{object{"Id": "function", "Arn": s.target(t.Name)}},
		"Tags":        s.tags(nil),
	}
	if t.Source == spec.Schedule {
		p["ScheduleExpression"] = t.From
	} else {
		p["EventPattern"] = s.pattern(t)
	}
	return p
}

// pattern returns the filter of a trigger as an object.
func (s *stack) pattern(t spec.Trigger) any {
	var v any
	if err := json.Unmarshal([]byte(t.Filter), &v); err != nil {
		s.conflicts = append(s.conflicts, err) // it was checked before
	}
	return v
}
