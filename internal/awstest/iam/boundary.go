package iam

import (
	"strings"

	"github.com/tyg-dev/tyg/internal/awstest/account"
	"github.com/tyg-dev/tyg/internal/awstest/wire"
)

// AddPolicy makes a managed policy of the account, as another team of it does, and returns its ARN.
func (s *State) AddPolicy(name, doc string) (arn string, err error) {
	p, err := parseIdentityPolicy(doc)
	if err != nil {
		return "", err
	}
	arn = "arn:aws:iam::" + account.ID + ":policy/" + name
	s.policies[arn] = p
	return arn, nil
}

// managed returns a managed policy, of the account or of AWS, or nil.
func (s *State) managed(arn string) *policy {
	if p := s.policies[arn]; p != nil {
		return p
	}
	return managedPolicy(arn)
}

// bound sets the permissions boundary of a role.
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html)
func (s *State) bound(r *role, arn string) error {
	if s.managed(arn) == nil {
		return notFound("Policy %s does not exist or is not attachable.", arn)
	}
	r.boundary = arn
	return nil
}

func (s *State) putRolePermissionsBoundary(in wire.Params) (map[string]any, error) {
	r, err := s.changeable(in)
	if err != nil {
		return nil, err
	}
	return nil, s.bound(r, in.Str("PermissionsBoundary"))
}

func (s *State) deleteRolePermissionsBoundary(in wire.Params) (map[string]any, error) {
	r, err := s.changeable(in)
	if err != nil {
		return nil, err
	}
	if r.boundary == "" {
		return nil, notFound("Permissions boundary policy not found for %s.", r.Name)
	}
	r.boundary = ""
	return nil, nil
}

// allows tells whether the policies of the role allow an action on a resource. With a permissions
// boundary, that has to allow it, too.
func (s *State) allows(r *role, action, resource string) bool {
	var all []*policy
	for _, p := range r.inline {
		all = append(all, p.parsed)
	}
	for _, arn := range r.attached {
		all = append(all, managedPolicy(arn))
	}
	if r.boundary != "" && !allows([]*policy{s.managed(r.boundary)}, action, resource) {
		return false
	}
	return allows(all, action, resource)
}

// AllowsNamed is Allows for the role with a name.
func (s *State) AllowsNamed(name, action, resource string) bool {
	r := s.roles[strings.ToLower(name)]
	return r != nil && s.allows(r, action, resource)
}
