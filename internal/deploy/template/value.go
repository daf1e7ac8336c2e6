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
	return spec.Account{ID: w.id, Region: w.region, Partition: w.partition}
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
func (w words) arn(service, resource string) refs {
	return refs(fmt.Sprintf("arn:%s:%s:%s:%s:%s", w.partition, service, w.region, w.id, resource))
}

// host returns the host name of the API.
func (w words) host() string {
	return w.api + ".execute-api." + w.region + "." + w.suffix
}

// url returns where clients connect.
func (w words) url(stage string) refs { return refs("wss://" + w.host() + "/" + stage + "/") }

// environment returns the environment of a function. What is configured is literal.
func (w words) environment(app spec.Application, fn spec.Function) object {
	endpoint := "https://" + w.host() + "/" + app.API.Stage
	vars := pairs(app.Environment(fn, endpoint))
	if vars[spec.EndpointVariable] == endpoint {
		vars[spec.EndpointVariable] = refs(endpoint)
	}
	return vars
}

// invocation returns what API Gateway calls a function by, of which arn is the ARN.
func (w words) invocation(arn string) refs {
	return refs("arn:" + w.partition + ":apigateway:" + w.region +
		":lambda:path/2015-03-31/functions/" + arn + "/invocations")
}

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
