package iam

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
)

// A policy is a policy document.
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html)
type policy struct {
	Version   string
	ID        string `json:"Id"`
	Statement oneOrMore[statement]
}

// A statement is one statement of a policy. It has no NotPrincipal, so that a policy with one is
// refused.
type statement struct {
	SID                   string `json:"Sid"`
	Effect                string
	Principal             principals
	Action, NotAction     oneOrMore[string]
	Resource, NotResource oneOrMore[string]
	Condition             map[string]map[string]oneOrMore[scalar]
}

// oneOrMore is a list that may be written without its brackets if it has one element.
type oneOrMore[T any] []T

// UnmarshalJSON implements json.Unmarshaler.
func (l *oneOrMore[T]) UnmarshalJSON(data []byte) error {
	if bytes.HasPrefix(data, []byte("[")) {
		return strict(data, (*[]T)(l))
	}
	var one T
	if err := strict(data, &one); err != nil {
		return err
	}
	*l = oneOrMore[T]{one}
	return nil
}

// scalar is a value of a condition: a string, number or bool.
type scalar string

// UnmarshalJSON implements json.Unmarshaler.
func (s *scalar) UnmarshalJSON(data []byte) error {
	var v any
	if err := json.Unmarshal(data, &v); err != nil {
		return err
	}
	switch v.(type) {
	case string, float64, bool:
		*s = scalar(fmt.Sprint(v))
		return nil
	default:
		return errors.New("not a scalar")
	}
}

// principals are the principals of a statement, by kind: "Service", "AWS", "Federated".
type principals map[string]oneOrMore[string]

// UnmarshalJSON implements json.Unmarshaler. "*" is short for {"AWS": "*"}.
func (p *principals) UnmarshalJSON(data []byte) error {
	if string(data) == `"*"` {
		*p = principals{"AWS": {"*"}}
		return nil
	}
	return strict(data, (*map[string]oneOrMore[string])(p))
}

// strict decodes all of data, and refuses fields that v does not have.
func strict(data []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return errors.New("data follows the value")
	}
	return nil
}

// parsePolicy reads a policy document as strictly as IAM does. Its errors are IAM's.
func parsePolicy(doc string) (*policy, error) {
	if !json.Valid([]byte(doc)) {
		return nil, malformedPolicy("This policy contains invalid Json")
	}
	p := &policy{Version: "2008-10-17"}
	if err := strict([]byte(doc), p); err != nil {
		return nil, malformedPolicy("Syntax errors in policy.")
	}
	// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_version.html)
	if p.Version != "2012-10-17" && p.Version != "2008-10-17" {
		return nil, malformedPolicy("Syntax errors in policy.")
	}
	if len(p.Statement) == 0 {
		return nil, malformedPolicy("Syntax errors in policy.")
	}
	return p, p.checkStatements()
}

var sidPattern = regexp.MustCompile(`^[0-9A-Za-z]*$`)

func (p *policy) checkStatements() error {
	var ids []string
	for i := range p.Statement {
		s := &p.Statement[i]
		if !sidPattern.MatchString(s.SID) {
			return malformedPolicy("Statement IDs (SID) must be alpha-numeric. Check that your input " +
				"satisfies the regular expression [0-9A-Za-z]*")
		}
		if s.SID != "" && slices.Contains(ids, s.SID) {
			return malformedPolicy("Statement IDs (SID) in a single policy must be unique.")
		}
		ids = append(ids, s.SID)
		if err := s.check(); err != nil {
			return err
		}
	}
	return nil
}

var actionPattern = regexp.MustCompile(`^(\*|[A-Za-z0-9-]+:[A-Za-z0-9*?]+)$`)

// check checks the rules that identity, trust and resource policies share.
func (s *statement) check() error {
	if s.Effect != "Allow" && s.Effect != "Deny" {
		return malformedPolicy("Syntax errors in policy.")
	}
	actions := slices.Concat(s.Action, s.NotAction)
	if len(actions) == 0 {
		return malformedPolicy("Policy statement must contain actions.")
	}
	if s.Action != nil && s.NotAction != nil || s.Resource != nil && s.NotResource != nil {
		return malformedPolicy("Syntax errors in policy.")
	}
	for _, a := range actions {
		if !actionPattern.MatchString(a) {
			return malformedPolicy("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, " +
				"ec2, etc.")
		}
	}
	for _, r := range slices.Concat(s.Resource, s.NotResource) {
		if err := checkResource(r); err != nil {
			return err
		}
	}
	return nil
}

// checkResource checks "arn:partition:service:region:account:resource", or "*".
func checkResource(r string) error {
	parts := strings.SplitN(r, ":", 6)
	switch {
	case r == "*":
		return nil
	case len(parts) < 6 || parts[0] != "arn" || parts[5] == "":
		return malformedPolicy("Resource %s must be in ARN format or \"*\".", r)
	case parts[1] != "*" && !strings.HasPrefix(parts[1], "aws"):
		return malformedPolicy("Partition %q is not valid for resource %q.", parts[1], r)
	default:
		return nil
	}
}

// parseIdentityPolicy parses a policy of what a role may do.
func parseIdentityPolicy(doc string) (*policy, error) {
	p, err := parsePolicy(doc)
	if err != nil {
		return nil, err
	}
	for _, s := range p.Statement {
		if s.Principal != nil {
			return nil, malformedPolicy("Policy document should not specify a principal.")
		}
		if s.Resource == nil && s.NotResource == nil {
			return nil, malformedPolicy("Policy statement must contain resources.")
		}
	}
	return p, nil
}

// parseTrustPolicy parses a policy of which services may assume a role.
func parseTrustPolicy(doc string) (*policy, error) {
	p, err := parsePolicy(doc)
	if err != nil {
		return nil, err
	}
	for _, s := range p.Statement {
		if err := s.checkTrust(); err != nil {
			return nil, err
		}
	}
	return p, nil
}

func (s *statement) checkTrust() error {
	if s.Resource != nil || s.NotResource != nil {
		return malformedPolicy("Has prohibited field Resource")
	}
	if len(s.Principal) == 0 {
		return malformedPolicy("Missing required field Principal")
	}
	for _, a := range slices.Concat(s.Action, s.NotAction) {
		if !strings.HasPrefix(a, "sts:") {
			return malformedPolicy("AssumeRole policy may only specify STS AssumeRole actions.")
		}
	}
	return s.Principal.check()
}

var servicePattern = regexp.MustCompile(`^[a-z0-9.-]+\.amazonaws\.com(\.cn)?$`)

// IsService tells whether a principal is a service, such as lambda.amazonaws.com.
func IsService(principal string) bool { return servicePattern.MatchString(principal) }

func (p principals) check() error {
	for kind, names := range p {
		if !slices.Contains([]string{"AWS", "Service", "Federated", "CanonicalUser"}, kind) {
			return malformedPolicy("Syntax errors in policy.")
		}
		for _, name := range names {
			if kind == "Service" && !IsService(name) {
				return malformedPolicy("Invalid principal in policy: \"SERVICE\":%q", name)
			}
		}
	}
	return nil
}
