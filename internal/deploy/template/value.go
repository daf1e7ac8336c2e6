package template

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/tyg-dev/tyg/internal/deploy/spec"
)

// An object is one of JSON. Besides what that may have, the values may be a [refs].
type object = map[string]any

// refs is text in which ${…} stands for something that is known when the template is applied. All
// other strings are taken literally.
type refs string

// account is the account that a template is applied in, in the words of CloudFormation or
// Terraform.
func (w words) account() spec.Account {
	return spec.Account{ID: w.id, Region: w.region, Partition: w.partition, DNSSuffix: w.suffix}
}

// words are how one of the tools writes what it has to fill in.
type words struct {
	id, region, partition, suffix string

	api      string // the id of the API
	literal  func(string) any
	resolved func(refs) any
}

// render replaces text in a value by what the tool wants to read.
func (w words) render(v any) any {
	switch v := v.(type) {
	case string:
		return w.literal(v)
	case refs:
		return w.resolved(v)
	case object:
		out := make(object, len(v))
		for key, value := range v {
			out[key] = w.render(value)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, value := range v {
			out[i] = w.render(value)
		}
		return out
	}
	return v
}

// arn returns an ARN in the account that the template is applied in.
func (w words) arn(service, resource string) refs { return refs(w.account().ARN(service, resource)) }

// url returns where clients connect.
func (w words) url(stage string) refs { return refs(w.account().URL(w.api, stage)) }

// environment returns the environment of a function. What is configured is literal.
func (w words) environment(app spec.Application, fn spec.Function) object {
	endpoint := w.account().Endpoint(w.api, app.API.Stage)
	vars := pairs(app.Environment(fn, endpoint))
	if vars[spec.EndpointVariable] == endpoint {
		vars[spec.EndpointVariable] = refs(endpoint)
	}
	return vars
}

// invocation returns the integration URI of the function with the given ARN.
func (w words) invocation(arn string) refs { return refs(w.account().InvocationURI(arn)) }

// policy returns the document of a role: what the project supplies is literal, what is generated
// has references.
func (w words) policy(app spec.Application, role spec.Role) (any, error) {
	if role.Policy != nil {
		var doc any
		err := json.Unmarshal(role.Policy, &doc)
		if err != nil {
			err = fmt.Errorf("policy of role %s: %w", role.LogicalName, err)
		}
		return doc, err
	}
	text, err := json.Marshal(spec.GeneratedPolicy(app, w.account(), w.api))
	if err != nil {
		return nil, err
	}
	var doc any
	err = json.Unmarshal(text, &doc)
	return referring(doc), err
}

// referring makes all text that has a reference one with references.
func referring(v any) any {
	switch v := v.(type) {
	case string:
		if strings.Contains(v, "${") {
			return refs(v)
		}
	case object:
		for key, value := range v {
			v[key] = referring(value)
		}
	case []any:
		for i, value := range v {
			v[i] = referring(value)
		}
	}
	return v
}

// texts returns a list of strings as JSON has it.
func texts(list []string) []any {
	out := make([]any, len(list))
	for i, s := range list {
		out[i] = s
	}
	return out
}

// pairs returns a map of strings as JSON has it.
func pairs(m map[string]string) object {
	out := make(object, len(m))
	for key, value := range m {
		out[key] = value
	}
	return out
}
