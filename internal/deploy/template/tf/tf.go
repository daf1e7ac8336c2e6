// Package tf writes an application as a configuration for Terraform.
package tf

import (
	"errors"
	"slices"
	"strings"

	"github.com/tyg-dev/tyg/internal/deploy"
	"github.com/tyg-dev/tyg/internal/deploy/spec"
	"github.com/tyg-dev/tyg/internal/deploy/template"
)

type object = template.Object

// Config returns a configuration for Terraform or OpenTofu, in JSON. The configurations of the
// provider and of the backend belong in other files beside it.
func Config(app spec.Application, o template.Options) ([]byte, error) {
	if o.CodeParameters {
		return nil, errors.New("code parameters are for CloudFormation; in Terraform's format the " +
			"code is read from a file")
	}
	if err := deploy.Check(app); err != nil {
		return nil, err
	}
	if _, err := template.Bundle(app); err != nil {
		return nil, err
	}
	m := &module{
		Dialect: dialect(), app: app, resources: object{}, outputs: object{}, variables: object{},
	}
	m.data = object{
		"aws_caller_identity": object{"tyg": object{}},
		"aws_partition":       object{"tyg": object{}},
		"aws_region":          object{"tyg": object{}},
	}
	m.Secret = m.secret
	if err := m.build(); err != nil {
		return nil, err
	}
	doc := object{
		"//": "The stage " + app.Stage + " of " + app.Name,
		"terraform": object{
			"required_version": ">= 1.1",
			"required_providers": object{
				"aws": object{"source": "hashicorp/aws", "version": m.provider()},
			},
		},
		"data":     m.data,
		"resource": m.resources, "output": m.outputs,
	}
	if len(m.variables) > 0 {
		doc["variable"] = m.variables
	}
	return template.Finish(m.Render(doc).(object), o.Merge, orderModule)
}

// dialect returns references to data sources of the AWS provider.
func dialect() template.Dialect {
	return template.Dialect{
		Account: spec.Account{
			ID: "${data.aws_caller_identity.tyg.account_id}", Region: "${data.aws_region.tyg.id}",
			Partition: "${data.aws_partition.tyg.partition}",
			DNSSuffix: "${data.aws_partition.tyg.dns_suffix}",
		},
		API:     ref("aws_apigatewayv2_api", apiName, "id"),
		Literal: literal,
		Expr:    func(e template.Expr) any { return string(e) },
	}
}

// literal escapes text so that Terraform finds no templates in it.
// (https://developer.hashicorp.com/terraform/language/syntax/json#expression-mapping)
func literal(s string) any {
	return strings.NewReplacer("${", "$${", "%{", "%%{").Replace(s)
}

// ref returns a reference to an attribute of a resource.
func ref(kind, name, attribute string) string {
	return "${" + kind + "." + name + "." + attribute + "}"
}

// A module is a configuration that is being built.
type module struct {
	template.Dialect
	app       spec.Application
	resources object // by type and name
	outputs   object
	data      object // sources, by type and name
	variables object
	conflicts []error
}

func (m *module) build() error {
	m.api()
	for _, fn := range m.app.Functions {
		m.role(fn.Role)
		m.function(fn)
		if m.app.Calls(fn.LogicalName) {
			m.permission(fn.LogicalName)
		}
	}
	for _, t := range m.app.Triggers {
		m.trigger(t)
	}
	m.authorizer()
	for _, r := range m.app.API.Routes {
		m.route(r)
	}
	m.stage()
	m.domain()
	for _, t := range m.app.Tables {
		m.table(t)
	}
	return errors.Join(m.conflicts...)
}

func (m *module) add(kind, name string, arguments object) {
	if m.resources[kind] == nil {
		m.resources[kind] = object{}
	}
	if err := template.Put(m.resources[kind].(object), name, arguments); err != nil {
		m.conflicts = append(m.conflicts, err)
	}
}

func (m *module) has(kind, name string) bool {
	section, _ := m.resources[kind].(object)
	return section[name] != nil
}

func (m *module) output(name, description string, value any) {
	m.outputs[name] = object{"description": description, "value": value}
}

func (m *module) tags(own map[string]string) object {
	return template.Pairs(m.app.ResourceTags(own))
}

// orderModule makes the stage depend on all routes, so that its first deployment contains them.
func orderModule(doc object) {
	resources, _ := doc["resource"].(object)
	stages, _ := resources["aws_apigatewayv2_stage"].(object)
	stage, ok := stages[stageName].(object)
	if !ok {
		return // the patch has removed it
	}
	var routes []string
	for _, kind := range []string{"aws_apigatewayv2_route", "aws_apigatewayv2_route_response"} {
		section, _ := resources[kind].(object)
		for name := range section {
			routes = append(routes, kind+"."+name)
		}
	}
	slices.Sort(routes)
	stage["depends_on"] = template.Texts(routes)
}
