// Package iam is IAM in memory: roles, their policies, and what those allow.
package iam

import (
	"net/http"
	"strings"
	"time"

	"github.com/tyg-dev/tyg/internal/awstest/account"
	"github.com/tyg-dev/tyg/internal/awstest/wire"
)

// State is what IAM has.
type State struct {
	*account.Account

	roles    map[string]*role   // by name in lower case: names differ by more than case
	policies map[string]*policy // managed policies of the account, by ARN
}

// A role is a role with its policies and tags.
type role struct {
	Name string
	ARN  string

	path, id, description string
	linked                bool // to a service, and only the service may delete it
	session               int64
	created               time.Time
	trustDoc              string
	trust                 *policy
	tags                  map[string]tag           // by key in lower case
	inline                map[string]*inlinePolicy // by name
	attached              []string                 // ARNs, sorted
	boundary              string                   // ARN, "" for none
	settle                int                      // polls until services can assume it
}

// New returns the state of an empty account.
func New(a *account.Account) *State {
	return &State{
		Account: a, roles: make(map[string]*role), policies: make(map[string]*policy),
	}
}

// Resources names everything that exists.
func (s *State) Resources() []string {
	var all []string
	for _, r := range s.roles {
		if !r.linked {
			all = append(all, "iam role "+r.Name)
		}
	}
	return all
}

// Operations returns the operations that are served, by their names.
func (s *State) Operations() map[string]wire.Operation {
	return map[string]wire.Operation{
		"CreateRole":                  s.createRole,
		"CreateServiceLinkedRole":     s.createServiceLinkedRole,
		"GetRole":                     s.getRole,
		"UpdateRole":                  s.updateRole,
		"UpdateAssumeRolePolicy":      s.updateAssumeRolePolicy,
		"DeleteRole":                  s.deleteRole,
		"ListInstanceProfilesForRole": s.listInstanceProfilesForRole,
		"TagRole":                     s.tagRole,
		"UntagRole":                   s.untagRole,
		"ListRoleTags":                s.listRoleTags,
		"PutRolePolicy":               s.putRolePolicy,
		"GetRolePolicy":               s.getRolePolicy,
		"DeleteRolePolicy":            s.deleteRolePolicy,
		"ListRolePolicies":            s.listRolePolicies,
		"AttachRolePolicy":            s.attachRolePolicy,
		"DetachRolePolicy":            s.detachRolePolicy,
		"ListAttachedRolePolicies":    s.listAttachedRolePolicies,

		"PutRolePermissionsBoundary":    s.putRolePermissionsBoundary,
		"DeleteRolePermissionsBoundary": s.deleteRolePermissionsBoundary,
	}
}

// The errors of IAM, with its messages.
func notFound(format string, args ...any) error {
	return wire.Fail(http.StatusNotFound, "NoSuchEntity", format, args...)
}

func deleteConflict(message string) error {
	return wire.Fail(http.StatusConflict, "DeleteConflict", "%s", message)
}

func limitExceeded(format string, args ...any) error {
	return wire.Fail(http.StatusConflict, "LimitExceeded", format, args...)
}

func invalidInput(format string, args ...any) error {
	return wire.Fail(http.StatusBadRequest, "InvalidInput", format, args...)
}

func malformedPolicy(format string, args ...any) error {
	return wire.Fail(http.StatusBadRequest, "MalformedPolicyDocument", format, args...)
}

// role returns the role that the input names.
func (s *State) role(in wire.Params) (*role, error) {
	name := in.Str("RoleName")
	if r := s.roles[strings.ToLower(name)]; r != nil {
		return r, nil
	}
	return nil, notFound("The role with name %s cannot be found.", name)
}

// changeable returns the role that the input names, if its owner may change it.
func (s *State) changeable(in wire.Params) (*role, error) {
	r, err := s.role(in)
	if err == nil && r.linked {
		return nil, wire.Fail(http.StatusBadRequest, "UnmodifiableEntity",
			"Cannot perform the operation on the protected role '%s' - "+
				"this role is only modifiable by AWS", r.Name)
	}
	return r, err
}

// roleByARN returns a role, or nil if there is none.
func (s *State) roleByARN(arn string) *role {
	for _, r := range s.roles {
		if r.ARN == arn {
			return r
		}
	}
	return nil
}

// CanAssume tells whether a service, such as lambda.amazonaws.com, can become the role with an ARN:
// the role must trust it, and must not be so new that it is not known everywhere. Each call counts
// as a poll.
func (s *State) CanAssume(arn, service string) bool {
	r := s.roleByARN(arn)
	return r != nil && r.trust.trusts(service) && !account.Poll(&r.settle)
}

// Trusts tells whether the role with an ARN exists and trusts a service.
func (s *State) Trusts(arn, service string) bool {
	r := s.roleByARN(arn)
	return r != nil && r.trust.trusts(service)
}

// Allows tells whether the policies of the role with an ARN allow an action on a resource, which is
// an ARN.
func (s *State) Allows(arn, action, resource string) bool {
	r := s.roleByARN(arn)
	return r != nil && s.allows(r, action, resource)
}

// RoleARN returns the ARN of the role with a path, such as "/", and a name.
func RoleARN(path, name string) string {
	return "arn:aws:iam::" + account.ID + ":role" + path + name
}

// marked returns a page of a list as IAM has it: IsTruncated tells whether there is a Marker.
func marked(member string, list any, next string) map[string]any {
	return map[string]any{member: list, "IsTruncated": next != "", "Marker": wire.OrNil(next)}
}
