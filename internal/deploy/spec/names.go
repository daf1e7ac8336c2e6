package spec

import (
	"maps"
	"slices"
	"strings"
)

// TagKey is the tag of everything that belongs to an application; the value is [Application.Tag].
const TagKey = "tyg"

// Runtime and Handler are those of all functions: Lambda starts the program called bootstrap.
// (https://docs.aws.amazon.com/lambda/latest/dg/lambda-golang.html)
const (
	Runtime = "provided.al2023"
	Handler = "bootstrap"
)

// EndpointVariable is the environment variable with the URL of the @connections API. Package lambda
// reads it.
const EndpointVariable = "TYG_ENDPOINT"

// The logical names of the functions of applications.
const (
	ConnectFunction    = "websocket_connect"
	MessageFunction    = "websocket_message"
	DisconnectFunction = "websocket_disconnect"
	AuthorizeFunction  = "websocket_authorizer"
	SingleFunction     = "websocket" // handles all events
)

// LogicalNames returns the logical names of all functions that the application has or may have had.
func (a Application) LogicalNames() []string {
	names := []string{
		ConnectFunction, MessageFunction, DisconnectFunction, AuthorizeFunction, SingleFunction,
	}
	for _, t := range a.Triggers {
		names = append(names, t.Name)
	}
	for _, fn := range a.Functions {
		if !slices.Contains(names, fn.LogicalName) {
			names = append(names, fn.LogicalName)
		}
	}
	return names
}

// RoleLogicalNames returns the logical names of all roles that the application has or may have had.
func (a Application) RoleLogicalNames() []string {
	names := []string{DefaultRole}
	for _, function := range a.LogicalNames() {
		names = append(names, function+roleSuffix)
	}
	return names
}

// TriggerVariable is the environment variable by which the function of a trigger knows which one it
// is. Package lambda reads it.
const TriggerVariable = "TYG_TRIGGER"

// Tag returns the value of [TagKey] on the resources of this application.
func (a Application) Tag() string { return a.Name + "/" + a.Stage }

// RoleTag returns the value of [TagKey] on roles. An account has the same roles in all its regions,
// so without the region an application that is deployed in two of them would share them.
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

// roleSuffix ends the logical name of the role of a single function.
const roleSuffix = "_role"

// FunctionOfRole returns the function of which a role is the own one, by their logical names.
func FunctionOfRole(role string) (function string, own bool) {
	return strings.CutSuffix(role, roleSuffix)
}

// RoleName returns the name on AWS of a role.
func (a Application) RoleName(logical string) string {
	if logical == DefaultRole {
		return a.Prefix()
	}
	return a.Prefix() + "-" + strings.TrimSuffix(logical, roleSuffix)
}

// LogGroupName returns the name of the log group of a function.
func (a Application) LogGroupName(logical string) string {
	return LogGroup(a.FunctionName(logical))
}

// LogGroup returns the log group of a function, by its name on AWS. The name is Lambda's choice.
// (https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html)
func LogGroup(functionName string) string { return "/aws/lambda/" + functionName }

// ResourceTags returns the tags of a resource: those of the application, its own, which win, and
// [TagKey].
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
