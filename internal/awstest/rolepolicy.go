package awstest

import (
	"maps"
	"slices"
)

// An inlinePolicy is a policy that lives and dies with its role.
type inlinePolicy struct {
	doc    string
	parsed *policy
}

// maxInline is the most bytes of all policies in a role together, without spaces.
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html)
const maxInline = 10240

func putRolePolicy(c *Cloud, in params) (map[string]any, error) {
	r, err := c.changeable(in)
	if err != nil {
		return nil, err
	}
	doc, name := in.str("PolicyDocument"), in.str("PolicyName")
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
		return nil, iamLimit("Maximum policy size of %d bytes exceeded for role %s",
			maxInline, r.Name)
	}
	r.inline[name] = &inlinePolicy{doc: doc, parsed: p}
	return nil, nil
}

// inlineOf returns the policy of a role that the input names.
func (r *role) inlineOf(in params) (*inlinePolicy, error) {
	if p := r.inline[in.str("PolicyName")]; p != nil {
		return p, nil
	}
	return nil, iamMissing("The role policy with name %s cannot be found.", in.str("PolicyName"))
}

func getRolePolicy(c *Cloud, in params) (map[string]any, error) {
	r, err := c.role(in)
	if err != nil {
		return nil, err
	}
	p, err := r.inlineOf(in)
	if err != nil {
		return nil, err
	}
	return map[string]any{
		"RoleName": r.Name, "PolicyName": in.str("PolicyName"), "PolicyDocument": percent(p.doc),
	}, nil
}

func deleteRolePolicy(c *Cloud, in params) (map[string]any, error) {
	r, err := c.changeable(in)
	if err != nil {
		return nil, err
	}
	if _, err := r.inlineOf(in); err != nil {
		return nil, err
	}
	delete(r.inline, in.str("PolicyName"))
	return nil, nil
}

func listRolePolicies(c *Cloud, in params) (map[string]any, error) {
	r, err := c.role(in)
	if err != nil {
		return nil, err
	}
	all := slices.Sorted(maps.Keys(r.inline))
	some, next := page(c, all, in.num("MaxItems"), in.str("Marker"), same)
	return marked("PolicyNames", some, next), nil
}

// same is the name of what is its own name.
func same(s string) string { return s }
