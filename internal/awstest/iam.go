package awstest

import (
	"net/http"
	"strings"
	"time"

	"github.com/tyg-dev/tyg/internal/awstest/account"
	"github.com/tyg-dev/tyg/internal/awstest/wire"
)

// iamState is what IAM has.
type iamState struct {
	roles map[string]*role // by name in lower case: names differ by more than case
}

// A role is a role with everything that hangs on it.
type role struct {
	Name string
	ARN  string

	path, id, description string
	linked                bool // to a service, which alone may delete it
	session               int64
	created               time.Time
	trustDoc              string
	trust                 *policy
	tags                  map[string]tag           // by key in lower case
	inline                map[string]*inlinePolicy // by name
	attached              []string                 // ARNs, sorted
	settle                int                      // polls until services can assume it
}

func newIAMState() *iamState { return &iamState{roles: make(map[string]*role)} }

func (s *iamState) resources() []string {
	var all []string
	for _, r := range s.roles {
		if !r.linked {
			all = append(all, "iam role "+r.Name)
		}
	}
	return all
}

func iamOperations() map[string]operation {
	return map[string]operation{
		"CreateRole":                  createRole,
		"CreateServiceLinkedRole":     createServiceLinkedRole,
		"GetRole":                     getRole,
		"UpdateRole":                  updateRole,
		"UpdateAssumeRolePolicy":      updateAssumeRolePolicy,
		"DeleteRole":                  deleteRole,
		"ListInstanceProfilesForRole": listInstanceProfilesForRole,
		"TagRole":                     tagRole,
		"UntagRole":                   untagRole,
		"ListRoleTags":                listRoleTags,
		"PutRolePolicy":               putRolePolicy,
		"GetRolePolicy":               getRolePolicy,
		"DeleteRolePolicy":            deleteRolePolicy,
		"ListRolePolicies":            listRolePolicies,
		"AttachRolePolicy":            attachRolePolicy,
		"DetachRolePolicy":            detachRolePolicy,
		"ListAttachedRolePolicies":    listAttachedRolePolicies,
	}
}

// The errors of IAM, with its messages.
func iamMissing(format string, args ...any) error {
	return wire.Fail(http.StatusNotFound, "NoSuchEntity", format, args...)
}

func iamConflict(message string) error {
	return wire.Fail(http.StatusConflict, "DeleteConflict", "%s", message)
}

func iamLimit(format string, args ...any) error {
	return wire.Fail(http.StatusConflict, "LimitExceeded", format, args...)
}

func iamInvalid(format string, args ...any) error {
	return wire.Fail(http.StatusBadRequest, "InvalidInput", format, args...)
}

func malformedPolicy(format string, args ...any) error {
	return wire.Fail(http.StatusBadRequest, "MalformedPolicyDocument", format, args...)
}

// role returns the role that the input names.
func (c *Cloud) role(in wire.Params) (*role, error) {
	name := in.Str("RoleName")
	if r := c.iam.roles[strings.ToLower(name)]; r != nil {
		return r, nil
	}
	return nil, iamMissing("The role with name %s cannot be found.", name)
}

// changeable returns the role that the input names, if its owner may change it.
func (c *Cloud) changeable(in wire.Params) (*role, error) {
	r, err := c.role(in)
	if err == nil && r.linked {
		return nil, wire.Fail(http.StatusBadRequest, "UnmodifiableEntity",
			"Cannot perform the operation on the protected role '%s' - "+
				"this role is only modifiable by AWS", r.Name)
	}
	return r, err
}

// roleByARN returns a role, or nil if there is none.
func (c *Cloud) roleByARN(arn string) *role {
	for _, r := range c.iam.roles {
		if r.ARN == arn {
			return r
		}
	}
	return nil
}

// assumable tells whether a service, such as lambda.amazonaws.com, can become the role: it must be
// trusted, and a new role must first get known everywhere. Each question counts as a poll.
func (c *Cloud) assumable(r *role, service string) bool {
	return r.trust.trusts(service) && !account.Poll(&r.settle)
}

// allows tells whether the policies of the role allow an action on a resource.
func (r *role) allows(action, resource string) bool {
	var all []*policy
	for _, p := range r.inline {
		all = append(all, p.parsed)
	}
	for _, arn := range r.attached {
		all = append(all, managedPolicy(arn))
	}
	return allows(all, action, resource)
}

func roleARN(path, name string) string { return "arn:aws:iam::" + Account + ":role" + path + name }

// marked returns a page of a list as IAM has it: IsTruncated tells whether there is a Marker.
func marked(member string, list any, next string) map[string]any {
	return map[string]any{member: list, "IsTruncated": next != "", "Marker": wire.OrNil(next)}
}
