package tf

import (
	"encoding/json"

	"github.com/tyg-dev/tyg/internal/deploy/spec"
	"github.com/tyg-dev/tyg/internal/deploy/template"
)

// role adds the role of a function, unless it exists.
func (m *module) role(role spec.Role) {
	key := template.Snake(role.LogicalName)
	if role.ARN != "" || m.has("aws_iam_role", key) {
		return
	}
	policy, err := m.Policy(m.app, role)
	if err != nil {
		m.conflicts = append(m.conflicts, err)
		return
	}
	name, tags := m.app.RoleName(role.LogicalName), m.tags(nil)
	tags[spec.TagKey] = template.Expr(m.app.RoleTag(m.Account.Region))
	a := object{
		"name": name, "assume_role_policy": m.document(template.TrustPolicy()), "tags": tags,
	}
	if m.app.RolePath != "" {
		a["path"] = m.app.RolePath
	}
	if boundary := template.Boundary(m.app); boundary != "" {
		a["permissions_boundary"] = boundary
	}
	m.add("aws_iam_role", key, a)
	m.add("aws_iam_role_policy", key, object{
		"name": name, "role": template.Expr(ref("aws_iam_role", key, "id")), "policy": m.document(policy),
	})
}

// document returns a value as JSON text.
func (m *module) document(v any) template.Expr {
	text, err := json.Marshal(m.Render(v))
	if err != nil {
		panic(err) // it is valid JSON
	}
	return template.Expr(text)
}

// function adds a function, its log group, and its outputs.
func (m *module) function(fn spec.Function) {
	key := template.Snake(fn.LogicalName)
	retention := 0
	if fn.LogRetention != nil {
		retention = *fn.LogRetention
	}
	group := object{
		"name": m.app.LogGroupName(fn.LogicalName), "retention_in_days": retention,
		"tags": m.tags(fn.Tags),
	}
	if fn.LogKMSKey != "" && fn.LogKMSKey != spec.NoKey {
		group["kms_key_id"] = fn.LogKMSKey
	}
	m.add("aws_cloudwatch_log_group", key, group)
	arguments := m.functionArguments(fn)
	m.release(fn, arguments)
	m.add("aws_lambda_function", key, arguments)
	m.output(key+"_handler_arn", "The ARN of "+fn.LogicalName,
		template.Expr(ref("aws_lambda_function", key, "arn")))
	m.output(key+"_handler_name", "The name of "+fn.LogicalName,
		template.Expr(ref("aws_lambda_function", key, "function_name")))
}

func (m *module) functionArguments(fn spec.Function) object {
	depends := []any{"aws_cloudwatch_log_group." + template.Snake(fn.LogicalName)}
	if fn.Role.ARN == "" {
		// Until the role has its policy, the function has no permissions.
		depends = append(depends, "aws_iam_role_policy."+template.Snake(fn.Role.LogicalName))
	}
	a := object{
		"function_name":    m.app.FunctionName(fn.LogicalName),
		"runtime":          spec.Runtime,
		"handler":          spec.Handler,
		"architectures":    []any{fn.Architecture},
		"filename":         template.Expr("${path.module}/" + template.Zip),
		"source_code_hash": template.Expr(`${filebase64sha256("${path.module}/` + template.Zip + `")}`),
		"role":             m.roleARN(fn.Role),
		"timeout":          fn.Timeout,
		"memory_size":      fn.MemorySize,
		"environment":      object{"variables": m.Environment(m.app, fn)},
		"tracing_config":   object{"mode": fn.TracingMode()},
		"tags":             m.tags(fn.Tags),
		"depends_on":       depends,
	}
	if fn.EphemeralStorage > 0 {
		a["ephemeral_storage"] = object{"size": fn.EphemeralStorage}
	}
	if logging := logging(fn); len(logging) > 0 {
		a["logging_config"] = logging
	}
	if fn.KMSKeyARN != "" {
		a["kms_key_arn"] = fn.KMSKeyARN
	}
	if len(fn.Layers) > 0 {
		a["layers"] = template.Texts(fn.Layers)
	}
	if len(fn.SubnetIDs) > 0 {
		vpc := object{
			"subnet_ids":         template.Texts(fn.SubnetIDs),
			"security_group_ids": template.Texts(fn.SecurityGroupIDs),
		}
		if fn.IPv6 != nil {
			vpc["ipv6_allowed_for_dual_stack"] = *fn.IPv6
		}
		a["vpc_config"] = vpc
	}
	if fn.ReservedConcurrency != nil {
		a["reserved_concurrent_executions"] = *fn.ReservedConcurrency
	}
	return a
}

func (m *module) roleARN(role spec.Role) any {
	if role.ARN != "" {
		return role.ARN
	}
	return template.Expr(ref("aws_iam_role", template.Snake(role.LogicalName), "arn"))
}

// logging returns how the log is written, empty for Lambda's default.
func logging(fn spec.Function) object {
	a := object{}
	for name, value := range map[string]string{
		"log_format": fn.LogFormat, "application_log_level": fn.ApplicationLogLevel,
		"system_log_level": fn.SystemLogLevel,
	} {
		if value != "" {
			a[name] = value
		}
	}
	return a
}
