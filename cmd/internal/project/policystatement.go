package project

import (
	"encoding/json"
	"errors"

	"github.com/tyg-dev/tyg/cmd/internal/value"
)

// A PolicyStatement is a statement of an IAM policy, with the names of AWS.
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html)
type PolicyStatement struct {
	SID         string                            `json:"Sid"`
	Effect      string                            `json:"Effect" allow:"Allow|Deny"`
	Action      value.Texts                       `json:"Action"`
	NotAction   value.Texts                       `json:"NotAction"`
	Resource    value.Texts                       `json:"Resource"`
	NotResource value.Texts                       `json:"NotResource"`
	Condition   map[string]map[string]value.Texts `json:"Condition"`
}

// check reports what a statement lacks.
func (s PolicyStatement) check() error {
	switch {
	case s.Effect == "":
		return errors.New(`it has no "Effect", "Allow" or "Deny"`)
	case (len(s.Action) > 0) == (len(s.NotAction) > 0):
		return errors.New(`it needs "Action" or "NotAction", such as "s3:GetObject"`)
	case (len(s.Resource) > 0) == (len(s.NotResource) > 0):
		return errors.New(`it needs "Resource" or "NotResource", an ARN or "*"`)
	}
	return nil
}

// Document returns the statement as IAM takes it.
func (s PolicyStatement) Document() json.RawMessage {
	out := map[string]any{"Effect": s.Effect}
	if s.SID != "" {
		out["Sid"] = s.SID
	}
	for name, list := range map[string]value.Texts{
		"Action": s.Action, "NotAction": s.NotAction, "Resource": s.Resource,
		"NotResource": s.NotResource,
	} {
		if len(list) > 0 {
			out[name] = list
		}
	}
	if len(s.Condition) > 0 {
		out["Condition"] = s.Condition
	}
	text, err := json.Marshal(out)
	if err != nil {
		panic(err) // texts, lists and maps
	}
	return text
}
