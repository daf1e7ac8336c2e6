package iam

import (
	"slices"
	"strings"
)

// allows tells whether the policies together allow the action on the resource: some statement
// allows it and none denies it. A statement with a condition never allows and always denies, for
// conditions are not evaluated.
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html)
func allows(policies []*policy, action, resource string) bool {
	allowed := false
	for _, p := range policies {
		for _, s := range p.Statement {
			switch {
			case !s.covers(action, resource):
			case s.Effect == "Deny":
				return false
			case s.Condition == nil:
				allowed = true
			}
		}
	}
	return allowed
}

// covers tells whether the statement applies to the action and the resource.
func (s *statement) covers(action, resource string) bool {
	isAction := func(pattern string) bool {
		return matchPattern(strings.ToLower(pattern), strings.ToLower(action))
	}
	isResource := func(pattern string) bool { return MatchARN(pattern, resource) }
	if s.NotAction != nil && slices.ContainsFunc(s.NotAction, isAction) ||
		s.NotResource != nil && slices.ContainsFunc(s.NotResource, isResource) {
		return false
	}
	return (s.Action == nil || slices.ContainsFunc(s.Action, isAction)) &&
		(s.Resource == nil || slices.ContainsFunc(s.Resource, isResource))
}

// trusts tells whether the trust policy allows an AWS service to assume the role.
func (p *policy) trusts(service string) bool {
	allowed := false
	for _, s := range p.Statement {
		if !s.covers("sts:AssumeRole", "") || !slices.Contains(s.Principal["Service"], service) {
			continue
		}
		if s.Effect == "Deny" {
			return false
		}
		allowed = allowed || s.Condition == nil
	}
	return allowed
}

// MatchARN matches the parts of two ARNs with each other. A wildcard does not match beyond its
// part, except in the last part.
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html)
func MatchARN(pattern, arn string) bool {
	if pattern == "*" {
		return true
	}
	want, got := strings.SplitN(pattern, ":", 6), strings.SplitN(arn, ":", 6)
	if len(want) != len(got) {
		return false
	}
	for i := range want {
		if !matchPattern(want[i], got[i]) {
			return false
		}
	}
	return true
}

// matchPattern matches all of s with a pattern where "*" is any text, even none, and "?" is one
// character.
func matchPattern(pattern, s string) bool {
	star, retry := -1, 0
	i := 0
	for j := 0; j < len(s); {
		switch {
		case i < len(pattern) && pattern[i] == '*':
			star, retry = i, j
			i++
		case i < len(pattern) && (pattern[i] == '?' || pattern[i] == s[j]):
			i, j = i+1, j+1
		case star >= 0: // the last star matches one more character
			retry++
			i, j = star+1, retry
		default:
			return false
		}
	}
	return strings.Trim(pattern[i:], "*") == ""
}
