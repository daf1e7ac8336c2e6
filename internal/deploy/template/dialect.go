package template

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/tyg-dev/tyg/internal/deploy/spec"
)

// An Object is a JSON object. Its values may also be an [Expr].
type Object = map[string]any

// An Expr is text in which ${…} is a value that is known when the template is applied. All other
// strings are literal.
type Expr string

// A Dialect is how one of the tools writes the values that it fills in.
type Dialect struct {
	Account spec.Account // references to the account that the template is applied in
	API     string       // reference to the id of the API

	Literal func(string) any
	Expr    func(Expr) any

	// Secret returns the value of a secret, which the tool reads when the template is applied.
	Secret func(spec.Secret) any
}

// Render returns a value with all text in the syntax of the tool.
func (d Dialect) Render(v any) any {
	switch v := v.(type) {
	case string:
		return d.Literal(v)
	case Expr:
		return d.Expr(v)
	case Object:
		out := make(Object, len(v))
		for key, value := range v {
			out[key] = d.Render(value)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, value := range v {
			out[i] = d.Render(value)
		}
		return out
	}
	return v
}

// ARN returns an ARN in the account that the template is applied in.
func (d Dialect) ARN(service, resource string) Expr {
	return Expr(d.Account.ARN(service, resource))
}

// URL returns the URL that clients connect to.
func (d Dialect) URL(stage string) Expr { return Expr(d.Account.URL(d.API, stage)) }

// Environment returns the environment of a function. Configured values are literal.
func (d Dialect) Environment(app spec.Application, fn spec.Function) Object {
	endpoint := d.Account.Endpoint(d.API, app.API.Stage)
	vars := Pairs(app.Environment(fn, endpoint))
	if vars[spec.EndpointVariable] == endpoint {
		vars[spec.EndpointVariable] = Expr(endpoint)
	}
	for _, name := range fn.DeploySecrets() {
		vars[name] = d.Secret(fn.Secrets[name])
	}
	return vars
}

// Invocation returns the integration URI of the function with the given ARN.
func (d Dialect) Invocation(arn string) Expr { return Expr(d.Account.InvocationURI(arn)) }

// Policy returns the policy of a role: that of the project literally, or a generated one with
// references.
func (d Dialect) Policy(app spec.Application, role spec.Role) (any, error) {
	if role.Policy != nil {
		var doc any
		err := json.Unmarshal(role.Policy, &doc)
		if err != nil {
			err = fmt.Errorf("policy of role %s: %w", role.LogicalName, err)
		}
		return doc, err
	}
	text, err := json.Marshal(spec.GeneratedPolicy(app, d.Account, d.API))
	if err != nil {
		return nil, err
	}
	var doc any
	if err := json.Unmarshal(text, &doc); err != nil {
		return nil, err
	}
	generated := referring(doc).(Object)
	return generated, addStatements(generated, role)
}

// addStatements adds the statements of the project to a policy, literally.
func addStatements(policy Object, role spec.Role) error {
	for _, text := range role.Statements {
		var statement any
		if err := json.Unmarshal(text, &statement); err != nil {
			return fmt.Errorf("policy_statements of role %s: %w", role.LogicalName, err)
		}
		policy["Statement"] = append(policy["Statement"].([]any), statement)
	}
	return nil
}

// Boundary returns the ARN of the permissions boundary of the roles, "" if they have none.
func Boundary(app spec.Application) string {
	if app.PermissionsBoundary == spec.NoBoundary {
		return ""
	}
	return app.PermissionsBoundary
}

// referring replaces all text that has a reference by an Expr.
func referring(v any) any {
	switch v := v.(type) {
	case string:
		if strings.Contains(v, "${") {
			return Expr(v)
		}
	case Object:
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

// Texts returns a list of strings as a JSON array.
func Texts(list []string) []any {
	out := make([]any, len(list))
	for i, s := range list {
		out[i] = s
	}
	return out
}

// Pairs returns a map of strings as a JSON object.
func Pairs(m map[string]string) Object {
	out := make(Object, len(m))
	for key, value := range m {
		out[key] = value
	}
	return out
}

// TrustPolicy returns the trust policy of the roles.
func TrustPolicy() Object {
	doc, err := decode([]byte(spec.TrustPolicy()))
	if err != nil {
		panic(err) // it is valid JSON
	}
	return doc
}
