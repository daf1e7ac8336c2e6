package tf

import (
	"github.com/tyg-dev/tyg/internal/deploy/spec"
	"github.com/tyg-dev/tyg/internal/deploy/template"
)

// release makes a function publish a version with each change, and adds the alias by which events
// reach the last one.
// (https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/lambda_alias)
func (m *module) release(fn spec.Function, arguments object) {
	if m.app.Releases == 0 {
		return
	}
	key := template.Snake(fn.LogicalName)
	arguments["publish"] = true
	m.add("aws_lambda_alias", key, object{
		"name":             spec.LiveAlias,
		"function_name":    template.Expr(ref("aws_lambda_function", key, "function_name")),
		"function_version": template.Expr(ref("aws_lambda_function", key, "version")),
	})
}

// target returns a reference to the ARN by which events reach a function.
func (m *module) target(function string) string {
	if m.app.Releases == 0 {
		return ref("aws_lambda_function", template.Snake(function), "arn")
	}
	return ref("aws_lambda_alias", template.Snake(function), "arn")
}

// targetName is like target, and may be the name of the function.
func (m *module) targetName(function string) string {
	if m.app.Releases == 0 {
		return ref("aws_lambda_function", template.Snake(function), "function_name")
	}
	return m.target(function)
}

// qualify makes a resource of a function one of its alias.
func (m *module) qualify(function string, arguments object) {
	if m.app.Releases > 0 {
		arguments["qualifier"] = template.Expr(ref("aws_lambda_alias", template.Snake(function), "name"))
	}
}
