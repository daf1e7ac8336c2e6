package tf

import (
	"strings"

	"github.com/tyg-dev/tyg/internal/deploy/spec"
	"github.com/tyg-dev/tyg/internal/deploy/template"
)

// triggerPermissions lets what triggers a function call it, and returns the permissions.
func (m *module) triggerPermissions(function string) []any {
	var depends []any
	key := template.Snake(function)
	for _, g := range m.app.Grants(m.Account, function, m.Dialect.API) {
		kind, ok := strings.CutPrefix(g.ID, spec.GrantPrefix)
		if !ok || g.ID == spec.GrantPrefix+m.Dialect.API {
			continue // the API's
		}
		name := key + "_" + template.Snake(kind) + "_permission"
		a := object{
			"statement_id":  g.ID,
			"function_name": template.Expr(ref("aws_lambda_function", key, "function_name")),
			"action":        g.Action, "principal": g.Principal,
		}
		switch {
		case g.Source != "":
			a["source_arn"] = template.Expr(g.Source)
		case g.URL == spec.URLAuth:
			a["function_url_auth_type"] = g.URL
		case g.URL == spec.URLInvoke:
			a["invoked_via_function_url"] = true
		}
		m.qualify(function, a)
		m.add("aws_lambda_permission", name, a)
		depends = append(depends, "aws_lambda_permission."+name)
	}
	return depends
}

// trigger adds what leads the events of a source to a function. It waits for the permission: it is
// live as soon as it exists.
func (m *module) trigger(t spec.Trigger) {
	key := template.Snake(t.Name)
	arn := template.Expr(m.target(t.Name))
	var a object
	kind := ""
	switch {
	case t.Batched():
		kind, a = "aws_lambda_event_source_mapping", m.mapping(t)
	case t.Ruled():
		m.add("aws_cloudwatch_event_rule", key, m.rule(t))
		kind, a = "aws_cloudwatch_event_target", object{
			"rule":           template.Expr(ref("aws_cloudwatch_event_rule", key, "name")),
			"event_bus_name": t.Bus(), "target_id": "function", "arn": arn,
		}
	case t.Source == spec.SNS:
		kind, a = "aws_sns_topic_subscription", object{
			"topic_arn": template.Expr(t.ARN(m.Account)), "protocol": "lambda", "endpoint": arn,
		}
		if t.Filter != "" {
			a["filter_policy"] = t.Filter
		}
	case t.Source == spec.HTTP:
		kind, a = "aws_lambda_function_url", object{
			"function_name":      template.Expr(ref("aws_lambda_function", key, "function_name")),
			"authorization_type": "AWS_IAM",
		}
		if t.Public {
			a["authorization_type"] = spec.URLAuth
		}
		m.qualify(t.Name, a)
		m.output(key+"_url", "Where "+t.Name+" serves HTTP",
			template.Expr(ref("aws_lambda_function_url", key, "function_url")))
	}
	if depends := m.triggerPermissions(t.Name); len(depends) > 0 {
		a["depends_on"] = depends
	}
	m.add(kind, key, a)
}

func (m *module) mapping(t spec.Trigger) object {
	a := object{
		"event_source_arn":        m.streamOrQueue(t),
		"function_name":           template.Expr(m.targetName(t.Name)),
		"function_response_types": []any{"ReportBatchItemFailures"}, "tags": m.tags(nil),
	}
	if t.BatchSize > 0 {
		a["batch_size"] = t.BatchSize
	}
	if t.Window >= 0 {
		a["maximum_batching_window_in_seconds"] = t.Window
	}
	if t.Concurrency > 0 {
		a["scaling_config"] = object{"maximum_concurrency": t.Concurrency}
	}
	if t.Filter != "" {
		a["filter_criteria"] = object{"filter": object{"pattern": t.Filter}}
	}
	if t.Source == spec.DynamoDB {
		a["starting_position"] = "LATEST"
		if t.Oldest {
			a["starting_position"] = "TRIM_HORIZON"
		}
	}
	return a
}

// streamOrQueue returns the ARN of a queue or a stream. The stream of a table that is not in the
// configuration is looked up.
func (m *module) streamOrQueue(t spec.Trigger) template.Expr {
	const kind = "aws_dynamodb_table"
	name := m.app.StreamTable(t)
	if name == "" {
		return template.Expr(t.ARN(m.Account))
	}
	if own := m.app.Table(name); own != nil {
		if !own.Streams() {
			m.conflicts = append(m.conflicts, template.NoStream(t, *own))
		}
		return template.Expr(ref(kind, template.Snake(own.LogicalName), "stream_arn"))
	}
	m.source(kind, template.Snake(name), object{"name": name})
	return template.Expr(ref("data."+kind, template.Snake(name), "stream_arn"))
}

func (m *module) rule(t spec.Trigger) object {
	a := object{
		"name": m.app.RuleName(t), "event_bus_name": t.Bus(), "tags": m.tags(nil),
		"description": "calls " + m.app.FunctionName(t.Name),
	}
	if t.Source == spec.Schedule {
		a["schedule_expression"] = t.From
	} else {
		a["event_pattern"] = t.Filter
	}
	return a
}

// provider returns the versions of the AWS provider. Permissions for public function URLs are in it
// since 6.29.0, and kinds of addresses since 5.96.0.
// (https://github.com/hashicorp/terraform-provider-aws/issues/44829,
// https://github.com/hashicorp/terraform-provider-aws/blob/v5.96.0/CHANGELOG.md)
func (m *module) provider() string {
	for _, t := range m.app.Triggers {
		if t.Source == spec.HTTP && t.Public {
			return ">= 6.29, < 7.0"
		}
	}
	d := m.app.API.Domain
	if m.app.API.IPAddressType != "" || d != nil && d.IPAddressType != "" {
		return ">= 5.96, < 7.0"
	}
	return ">= 5.0, < 7.0"
}
