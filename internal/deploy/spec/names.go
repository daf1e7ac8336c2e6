package spec

import (
	"maps"
	"strings"
)

// TagKey is the tag of everything that belongs to an application; the value is [Application.Tag].
const TagKey = "tyg"

// What Lambda starts, for all functions: the program called bootstrap, without the runtime of a language.
// (https://docs.aws.amazon.com/lambda/latest/dg/lambda-golang.html)
const (
	Runtime = "provided.al2023"
	Handler = "bootstrap"
)

// EndpointVariable is the environment variable that tells functions where the @connections API is; package
// lambda reads it.
const EndpointVariable = "TYG_ENDPOINT"

// Tag tells the resources of this application from all others.
func (a Application) Tag() string { return a.Name + "/" + a.Stage }

// RoleTag is the value of the tag on roles. An account has the same roles in all its regions, and an
// application that is in two of them would have one role for both.
func (a Application) RoleTag(region string) string { return a.Tag() + "@" + region }

// Prefix begins the names on AWS of functions, roles and the API.
func (a Application) Prefix() string { return a.Name + "-" + a.Stage }

// FunctionName returns the name on AWS of a function.
func (a Application) FunctionName(logical string) string { return a.Prefix() + "-" + logical }

// APIName returns the name of the API.
func (a Application) APIName() string { return a.Prefix() + "-websocket-api" }

// AuthorizerSuffix ends the name of the authorizer of an API.
const AuthorizerSuffix = "-authorizer"

// AuthorizerName returns the name of the authorizer of the API.
func (a Application) AuthorizerName() string { return a.Prefix() + AuthorizerSuffix }

// DefaultRole is the logical name of the role that all functions with a generated policy share.
const DefaultRole = "default-role"

// roleSuffix ends the logical name of a role that one function has for itself.
const roleSuffix = "_role"

// RoleName returns the name on AWS of a role.
func (a Application) RoleName(logical string) string {
	if logical == DefaultRole {
		return a.Prefix()
	}
	return a.Prefix() + "-" + strings.TrimSuffix(logical, roleSuffix)
}

// LogGroupName returns the name of the log group of a function.
func (a Application) LogGroupName(logical string) string { return LogGroup(a.FunctionName(logical)) }

// LogGroup returns the log group of a function, by its name on AWS. The name is Lambda's choice.
// (https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html)
func LogGroup(functionName string) string { return "/aws/lambda/" + functionName }

// ResourceTags returns the tags of a resource: those of the application, its own, which win, and [TagKey].
func (a Application) ResourceTags(own map[string]string) map[string]string {
	all := make(map[string]string)
	maps.Copy(all, a.Tags)
	maps.Copy(all, own)
	all[TagKey] = a.Tag()
	return all
}

// RoleTags returns the tags of a role.
func (a Application) RoleTags(account Account) map[string]string {
	all := a.ResourceTags(nil)
	all[TagKey] = a.RoleTag(account.Region)
	return all
}

// TagKeys returns the keys of all tags that the application has, on anything.
func (a Application) TagKeys() map[string]bool {
	keys := map[string]bool{TagKey: true}
	all := []map[string]string{a.Tags}
	for _, fn := range a.Functions {
		all = append(all, fn.Tags)
	}
	for _, t := range a.Tables {
		all = append(all, t.Tags)
	}
	if d := a.API.Domain; d != nil {
		all = append(all, d.Tags)
	}
	for _, tags := range all {
		for key := range tags {
			keys[key] = true
		}
	}
	return keys
}
