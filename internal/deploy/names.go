package deploy

import "strings"

// tagKey is the tag of everything that belongs to an application; the value is [Application.tag].
const tagKey = "tyg"

// tag tells the resources of this application from all others.
func (a Application) tag() string { return a.Name + "/" + a.Stage }

// RoleTag is the value of the tag on roles: those of an account are the same in all its regions, and an
// application that is in two of them would have one role for both.
func (a Application) RoleTag(region string) string { return a.tag() + "@" + region }

func (a Application) prefix() string { return a.Name + "-" + a.Stage }

// functionName returns the name on AWS of a function.
func (a Application) functionName(logical string) string { return a.prefix() + "-" + logical }

func (a Application) apiName() string { return a.prefix() + "-websocket-api" }

// defaultRole is the logical name of the role that all functions with a generated policy share.
const defaultRole = "default-role"

// roleSuffix ends the logical name of a role that one function has for itself.
const roleSuffix = "_role"

func (a Application) roleName(logical string) string {
	if logical == defaultRole {
		return a.prefix()
	}
	return a.prefix() + "-" + trimRole(logical)
}

// logGroup returns the name of the log group of a function, which is Lambda's choice.
// (https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html)
func logGroup(functionName string) string { return "/aws/lambda/" + functionName }

func trimRole(logical string) string { return strings.TrimSuffix(logical, roleSuffix) }
