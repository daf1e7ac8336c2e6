// Package cfn writes an application as a template for CloudFormation.
package cfn

import (
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/tyg-dev/tyg/internal/deploy"
	"github.com/tyg-dev/tyg/internal/deploy/spec"
	"github.com/tyg-dev/tyg/internal/deploy/template"
)

type object = template.Object

// Template returns a template for CloudFormation, in JSON. Its stack needs the capability
// CAPABILITY_NAMED_IAM, because roles and functions have the names that package deploy gives them.
func Template(app spec.Application, o template.Options) ([]byte, error) {
	if err := deploy.Check(app); err != nil {
		return nil, err
	}
	key, err := template.CodeKey(app)
	if err != nil {
		return nil, err
	}
	s := &stack{
		Dialect: dialect(), app: app, resources: object{}, outputs: object{}, parameters: object{},
	}
	doc := object{
		"AWSTemplateFormatVersion": "2010-09-09",
		"Description":              "The stage " + app.Stage + " of " + app.Name,
		"Resources":                s.resources, "Outputs": s.outputs,
	}
	s.code = "./" + template.Zip
	if o.CodeParameters {
		s.code = object{"S3Bucket": ref("CodeBucket"), "S3Key": template.Expr("${CodePrefix}" + key)}
		s.parameters = codeParameters(key)
	}
	if err := s.build(); err != nil {
		return nil, err
	}
	if len(s.parameters) > 0 {
		doc["Parameters"] = s.parameters
	}
	return template.Finish(s.Render(doc).(object), o.Merge, func(doc object) {
		orderStack(doc)
		if resources, ok := doc["Resources"].(object); ok {
			nameVersions(resources, key)
		}
	})
}

// dialect returns references to pseudo parameters.
// (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/pseudo-parameter-reference.html)
func dialect() template.Dialect {
	return template.Dialect{
		Account: spec.Account{
			ID: "${AWS::AccountId}", Region: "${AWS::Region}", Partition: "${AWS::Partition}",
			DNSSuffix: "${AWS::URLSuffix}",
		},
		API:     "${" + apiID + "}",
		Literal: func(s string) any { return s },
		Expr:    expr,
		Secret:  func(s spec.Secret) any { return dynamicReference(s) },
	}
}

// dynamicReference returns text that CloudFormation replaces by the value of a secret. It does that
// for parameters that are no SecureString: those can be read at start.
// (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html)
func dynamicReference(s spec.Secret) string {
	if s.Parameter != "" {
		return "{{resolve:ssm:" + s.Parameter + "}}"
	}
	reference := "{{resolve:secretsmanager:" + s.Secret + ":SecretString"
	if s.Key != "" {
		reference += ":" + s.Key
	}
	return reference + "}}"
}

// codeParameters returns the parameters that locate the code. The hash of the code is not among
// them: an update keeps the old value of a parameter, even if that was a default.
// (https://docs.aws.amazon.com/cli/latest/reference/cloudformation/deploy/)
func codeParameters(key string) object {
	return object{
		"CodeBucket": object{
			"Type": "String", "Description": "The S3 bucket, in this region, that has " + template.Zip,
		},
		"CodePrefix": object{
			"Type": "String", "Default": "",
			"Description": "What comes before " + key + ", the key of " + template.Zip + " in the bucket",
		},
	}
}

// A stack is a template that is being built.
type stack struct {
	template.Dialect
	app       spec.Application
	code      any // of each function
	resources object
	outputs   object
	// parameters are what the template cannot look up.
	parameters object
	conflicts  []error
}

func (s *stack) build() error {
	s.api()
	for _, fn := range s.app.Functions {
		s.role(fn.Role)
		s.function(fn)
		s.release(fn)
		if s.app.Calls(fn.LogicalName) {
			s.permission(fn.LogicalName)
		}
	}
	for _, t := range s.app.Triggers {
		s.trigger(t)
	}
	s.authorizer()
	for _, r := range s.app.API.Routes {
		s.route(r)
	}
	s.stage()
	s.domain()
	for _, t := range s.app.Tables {
		s.table(t)
	}
	return errors.Join(s.conflicts...)
}

// add adds a resource; more are its attributes besides type and properties.
func (s *stack) add(id, kind string, properties, more object) {
	r := object{"Type": kind, "Properties": properties}
	maps.Copy(r, more)
	if err := template.Put(s.resources, id, r); err != nil {
		s.conflicts = append(s.conflicts, err)
	}
}

func (s *stack) output(id, description string, value any) {
	s.outputs[id] = object{"Description": description, "Value": value}
}

func ref(id string) object { return object{"Ref": id} }

func attribute(id, name string) object { return object{"Fn::GetAtt": []any{id, name}} }

// tags returns tags in the form that most resources have.
func (s *stack) tags(own map[string]string) []any {
	all := s.app.ResourceTags(own)
	var list []any
	for _, key := range slices.Sorted(maps.Keys(all)) {
		list = append(list, object{"Key": key, "Value": all[key]})
	}
	return list
}

// orderStack makes the stage depend on all routes, so that its first deployment contains them.
func orderStack(doc object) {
	resources, _ := doc["Resources"].(object)
	stage, ok := resources[stageID].(object)
	if !ok {
		return // the patch has removed it
	}
	var routes []string
	for id, r := range resources {
		r, _ := r.(object)
		if r["Type"] == "AWS::ApiGatewayV2::Route" || r["Type"] == "AWS::ApiGatewayV2::RouteResponse" {
			routes = append(routes, id)
		}
	}
	slices.Sort(routes)
	stage["DependsOn"] = template.Texts(routes)
}

// expr returns an expression, which is a text if nothing in it is to be replaced.
func expr(e template.Expr) any {
	if !strings.Contains(string(e), "${") {
		return string(e)
	}
	return object{"Fn::Sub": string(e)}
}
