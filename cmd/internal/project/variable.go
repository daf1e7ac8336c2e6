package project

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
)

// Variables are environment variables, by their names.
type Variables map[string]Variable

// A Variable is the value of an environment variable: a text, or where AWS keeps it.
type Variable struct {
	Text string `json:"text"`

	SSM    string `json:"ssm"`    // name of a parameter of Systems Manager
	Secret string `json:"secret"` // name or ARN of a secret of Secrets Manager
	Key    string `json:"key"`    // in the JSON object that the secret is

	// At is when the value is read: AtStart, the default, or AtDeploy.
	At string `json:"at" allow:"start|deploy"`

	// Local is the value under tyg local and tyg gateway.
	Local *string `json:"local"`
}

// When a variable is read.
const (
	AtStart  = "start"
	AtDeploy = "deploy"
)

// Texts returns variables that are texts.
func Texts(texts map[string]string) Variables {
	all := make(Variables, len(texts))
	for name, text := range texts {
		all[name] = Variable{Text: text}
	}
	return all
}

// UnmarshalJSON reads a text or an object.
func (v *Variable) UnmarshalJSON(data []byte) error {
	if strings.HasPrefix(strings.TrimSpace(string(data)), "{") {
		type object Variable
		return json.Unmarshal(data, (*object)(v))
	}
	return json.Unmarshal(data, &v.Text)
}

// MarshalJSON writes a text as such, and anything else as an object.
func (v Variable) MarshalJSON() ([]byte, error) {
	if !v.IsSecret() {
		return json.Marshal(v.Text)
	}
	object := make(map[string]string)
	for key, value := range map[string]string{
		"ssm": v.SSM, "secret": v.Secret, "key": v.Key, "at": v.At,
	} {
		if value != "" {
			object[key] = value
		}
	}
	if v.Local != nil {
		object["local"] = *v.Local
	}
	return json.Marshal(object)
}

// String returns the text, or where the value is.
func (v Variable) String() string {
	if !v.IsSecret() {
		return v.Text
	}
	v.Local = nil
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // texts
	}
	return string(text)
}

// IsSecret reports whether AWS keeps the value.
func (v Variable) IsSecret() bool { return v.SSM != "" || v.Secret != "" }

// check reports what cannot be.
func (v Variable) check() error {
	places := 0
	for _, place := range []string{v.Text, v.SSM, v.Secret} {
		if place != "" {
			places++
		}
	}
	switch {
	case places > 1:
		return errors.New(`it has more than one of "text", "ssm" and "secret"`)
	case !v.IsSecret() && (v.Key != "" || v.At != "" || v.Local != nil):
		return errors.New(`it needs "ssm", the name of a parameter, or "secret", the name of a secret`)
	case v.Key != "" && v.Secret == "":
		return errors.New(`"key" is for a "secret" that is a JSON object`)
	}
	return nil
}

// check reports the first variable that cannot be, with its key.
func (all Variables) check() error {
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if err := all[name].check(); err != nil {
			return keyError("environment_variables."+name, err)
		}
	}
	return nil
}

// Plain returns the variables that are texts.
func (all Variables) Plain() map[string]string {
	if all == nil {
		return nil
	}
	plain := make(map[string]string)
	for name, v := range all {
		if !v.IsSecret() {
			plain[name] = v.Text
		}
	}
	return plain
}

// Here returns the variables on this machine: those that are texts, and secrets with a local value.
// A secret without one keeps the value that the environment of the command has.
func (all Variables) Here() map[string]string {
	here := all.Plain()
	for name, v := range all {
		if v.IsSecret() && v.Local != nil {
			here[name] = *v.Local
		}
	}
	return here
}

// MissingSecrets returns a sentence about secrets of a stage that have no value on this machine, or
// "". An empty value in the environment is one.
func (c Config) MissingSecrets(stage string, lookup func(string) (string, bool)) string {
	s := c.At(stage)
	all := overlay(s.Environment, Variables{})
	for name := range s.Functions {
		maps.Copy(all, c.Function(stage, name).Environment)
	}
	var names []string
	for name, v := range all {
		if _, set := lookup(name); v.IsSecret() && v.Local == nil && !set {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return ""
	}
	slices.Sort(names)
	return "environment_variables: AWS keeps the value of " + strings.Join(names, ", ") +
		`, and this machine reads nothing there; set it in the environment, or give it a "local" value`
}
