package iam

import (
	"maps"
	"slices"

	"github.com/tyg-dev/tyg/internal/awstest/account"
	"github.com/tyg-dev/tyg/internal/awstest/wire"
)

// An inlinePolicy is a policy that is part of its role.
type inlinePolicy struct {
	doc    string
	parsed *policy
}

// maxInline is the most bytes of all policies in a role together, without spaces.
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html)
const maxInline = 10240

func (s *State) putRolePolicy(in wire.Params) (map[string]any, error) {
	r, err := s.changeable(in)
	if err != nil {
		return nil, err
	}
	doc, name := in.Str("PolicyDocument"), in.Str("PolicyName")
	p, err := parseIdentityPolicy(doc)
	if err != nil {
		return nil, err
	}
	total := size(doc)
	for other, p := range r.inline {
		if other != name {
			total += size(p.doc)
		}
	}
	if total > maxInline {
		return nil, limitExceeded("Maximum policy size of %d bytes exceeded for role %s",
			maxInline, r.Name)
	}
	r.inline[name] = &inlinePolicy{doc: doc, parsed: p}
	return nil, nil
}

// inlineOf returns the policy of a role that the input names.
func (r *role) inlineOf(in wire.Params) (*inlinePolicy, error) {
	if p := r.inline[in.Str("PolicyName")]; p != nil {
		return p, nil
	}
	return nil, notFound("The role policy with name %s cannot be found.", in.Str("PolicyName"))
}

func (s *State) getRolePolicy(in wire.Params) (map[string]any, error) {
	r, err := s.role(in)
	if err != nil {
		return nil, err
	}
	p, err := r.inlineOf(in)
	if err != nil {
		return nil, err
	}
	return map[string]any{
		"RoleName": r.Name, "PolicyName": in.Str("PolicyName"), "PolicyDocument": percent(p.doc),
	}, nil
}

func (s *State) deleteRolePolicy(in wire.Params) (map[string]any, error) {
	r, err := s.changeable(in)
	if err != nil {
		return nil, err
	}
	if _, err := r.inlineOf(in); err != nil {
		return nil, err
	}
	delete(r.inline, in.Str("PolicyName"))
	return nil, nil
}

func (s *State) listRolePolicies(in wire.Params) (map[string]any, error) {
	r, err := s.role(in)
	if err != nil {
		return nil, err
	}
	all := slices.Sorted(maps.Keys(r.inline))
	some, next := account.PageOfStrings(s.Account, all, in.Num("MaxItems"), in.Str("Marker"))
	return marked("PolicyNames", some, next), nil
}
