package cfn

import (
	"maps"
	"slices"
	"strings"

	"github.com/tyg-dev/tyg/internal/deploy/spec"
	"github.com/tyg-dev/tyg/internal/deploy/template"
)

// release adds the version of a function, and the alias by which events reach it.
//
// CloudFormation publishes a version when it makes the resource, so each one has another id, which
// [nameVersions] completes. Versions stay when the template has another: the alias can go back.
// (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-lambda-version.html)
func (s *stack) release(fn spec.Function) {
	if s.app.Releases == 0 {
		return
	}
	id := camel(fn.LogicalName)
	s.add(id+"Version", versionType, object{"FunctionName": ref(id)},
		object{"DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain"})
	s.add(id+"Alias", "AWS::Lambda::Alias", object{
		"FunctionName": ref(id), "FunctionVersion": attribute(id+"Version", "Version"),
		"Name": spec.LiveAlias,
	}, nil)
}

// target returns what is referred to for events to reach a function: a resource and its attribute,
// which is the ARN.
func (s *stack) target(function string) any {
	if s.app.Releases == 0 {
		return attribute(camel(function), "Arn")
	}
	return ref(camel(function) + "Alias")
}

// targetName is like target, and may be the name of the function.
func (s *stack) targetName(function string) any {
	if s.app.Releases == 0 {
		return ref(camel(function))
	}
	return s.target(function)
}

// targetText is target in the text of an expression.
func (s *stack) targetText(function string) string {
	if s.app.Releases == 0 {
		return "${" + camel(function) + ".Arn}"
	}
	return "${" + camel(function) + "Alias}"
}

const versionType = "AWS::Lambda::Version"

// nameVersions gives each version an id with a hash of the function, as it is after a patch. Of a
// function that does not change, Lambda publishes no other version, and CloudFormation would fail.
func nameVersions(resources object, code string) {
	for _, id := range slices.Sorted(maps.Keys(resources)) {
		r, _ := resources[id].(object)
		if r["Type"] != versionType {
			continue
		}
		function := strings.TrimSuffix(id, "Version")
		named := id + template.Digest([]any{code, versioned(resources[function])})[:16]
		if alias, ok := resources[function+"Alias"].(object); ok {
			if p, ok := alias["Properties"].(object); ok {
				p["FunctionVersion"] = attribute(named, "Version")
			}
		}
		delete(resources, id)
		resources[named] = r
	}
}

// versioned returns the properties of a function that its versions have.
func versioned(function any) object {
	f, _ := function.(object)
	all, _ := f["Properties"].(object)
	out := object{}
	for name, value := range all {
		if name != "Tags" && name != "ReservedConcurrentExecutions" {
			out[name] = value
		}
	}
	return out
}
