package apigw

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// invokeAction is the action of connecting to an API in policies, in lower case: actions are
// compared case-insensitively.
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html)
const invokeAction = "execute-api:invoke"

// policy is the part of an IAM policy that an authorizer can use.
type policy struct {
	Statement oneOrMore[statement]
}

type statement struct {
	Effect   string
	Action   oneOrMore[string]
	Resource oneOrMore[string]

	// This package does not evaluate these: to ignore a Condition would allow clients that it denies.
	Condition, NotAction, NotResource, Principal, NotPrincipal json.RawMessage

	Sid json.RawMessage
}

// UnmarshalJSON refuses elements that do not exist, which are mostly misspelled ones.
func (s *statement) UnmarshalJSON(data []byte) error {
	type plain statement // has no UnmarshalJSON
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	return dec.Decode((*plain)(s))
}

// oneOrMore is a list in which a single element may stand without brackets.
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html)
type oneOrMore[T any] []T

// UnmarshalJSON reads a list or its only element.
func (l *oneOrMore[T]) UnmarshalJSON(data []byte) error {
	if isNull(data) {
		return nil
	}
	if len(data) > 0 && data[0] == '[' {
		return json.Unmarshal(data, (*[]T)(l))
	}
	var one T
	if err := json.Unmarshal(data, &one); err != nil {
		return err
	}
	*l = oneOrMore[T]{one}
	return nil
}

// allows reports whether a statement allows invoking arn and none denies it.
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html)
func (p *policy) allows(arn string) (bool, error) {
	if len(p.Statement) == 0 {
		return false, errors.New("policy has no Statement")
	}
	allowed, denied := false, false
	for i, s := range p.Statement {
		matches, err := s.matches(arn)
		if err != nil {
			return false, fmt.Errorf("statement %d: %w", i, err)
		}
		allowed = allowed || matches && s.Effect == "Allow"
		denied = denied || matches && s.Effect == "Deny"
	}
	return allowed && !denied, nil
}

// matches reports whether a statement is about invoking arn. An empty list of actions or resources
// matches nothing; AWS's blueprint for Java always writes an Allow and a Deny, one with an empty
// list of resources, and both with an empty Condition.
// (https://github.com/awslabs/aws-apigateway-lambda-authorizer-blueprints)
func (s *statement) matches(arn string) (bool, error) {
	if name := s.unevaluated(); name != "" {
		return false, fmt.Errorf("it has a %s, which is not evaluated here; leave it out", name)
	}
	switch {
	case s.Effect != "Allow" && s.Effect != "Deny":
		return false, fmt.Errorf("effect is %q, not Allow or Deny", s.Effect)
	case s.Action == nil:
		return false, errors.New("no Action")
	case s.Resource == nil:
		return false, errors.New("no Resource")
	}
	return anyMatches(s.Action, invokeAction, strings.ToLower) &&
		anyMatches(s.Resource, arn, strings.Clone), nil
}

// unevaluated returns the name of an element that says something and is not evaluated here.
func (s *statement) unevaluated() string {
	for _, e := range []struct {
		name string
		raw  json.RawMessage
	}{
		{"Condition", s.Condition},
		{"NotAction", s.NotAction},
		{"NotResource", s.NotResource},
		{"Principal", s.Principal},
		{"NotPrincipal", s.NotPrincipal},
	} {
		if !isEmpty(e.raw) {
			return e.name
		}
	}
	return ""
}

// isEmpty reports whether JSON is absent, null, or an object or a list without elements.
func isEmpty(raw json.RawMessage) bool {
	if isNull(raw) {
		return true
	}
	var b bytes.Buffer
	return json.Compact(&b, raw) == nil && (b.String() == "{}" || b.String() == "[]")
}

func anyMatches(patterns []string, name string, fold func(string) string) bool {
	for _, p := range patterns {
		if match(fold(p), name) {
			return true
		}
	}
	return false
}

// match reports whether name matches a pattern in which "*" stands for any text, "/" and ":"
// included, and "?" for any one byte. It takes at most len(pattern) * len(name) steps.
func match(pattern, name string) bool {
	star, resume := -1, 0 // the last "*", and where in name to go on after it
	p, n := 0, 0
	for n < len(name) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, resume = p, n
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == name[n]):
			p++
			n++
		case star >= 0:
			resume++
			p, n = star+1, resume
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}
