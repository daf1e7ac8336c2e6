package tf

import (
	"fmt"

	"github.com/tyg-dev/tyg/internal/deploy/spec"
	"github.com/tyg-dev/tyg/internal/deploy/template"
)

// secret returns the value of a secret, and adds the data source that reads it. Terraform keeps the
// value in its state.
func (m *module) secret(s spec.Secret) any {
	if s.Parameter != "" {
		const kind = "aws_ssm_parameter"
		m.source(kind, template.Snake(s.Parameter), object{"name": s.Parameter})
		return template.Expr(ref("data."+kind, template.Snake(s.Parameter), "value"))
	}
	const kind = "aws_secretsmanager_secret_version"
	m.source(kind, template.Snake(s.Secret), object{"secret_id": s.Secret})
	text := "data." + kind + "." + template.Snake(s.Secret) + ".secret_string"
	if s.Key == "" {
		return template.Expr("${" + text + "}")
	}
	return template.Expr(fmt.Sprintf("${jsondecode(%s)[%q]}", text, s.Key))
}

// source adds a data source, unless it is there.
func (m *module) source(kind, name string, arguments object) {
	if m.data[kind] == nil {
		m.data[kind] = object{}
	}
	section := m.data[kind].(object)
	if section[name] == nil {
		section[name] = arguments
	}
}
