package cfn

import (
	"github.com/tyg-dev/tyg/internal/deploy/spec"
	"github.com/tyg-dev/tyg/internal/deploy/template"
)

// role adds the role of a function, unless it exists.
func (s *stack) role(role spec.Role) {
	id := camel(role.LogicalName)
	if _, there := s.resources[id]; there || role.ARN != "" {
		return
	}
	policy, err := s.Policy(s.app, role)
	if err != nil {
		s.conflicts = append(s.conflicts, err)
	}
	name := s.app.RoleName(role.LogicalName)
	p := object{
		"RoleName":                 name,
		"AssumeRolePolicyDocument": template.TrustPolicy(),
		"Policies":                 []any{object{"PolicyName": name, "PolicyDocument": policy}},
		"Tags":                     s.roleTags(),
	}
	if s.app.RolePath != "" {
		p["Path"] = s.app.RolePath
	}
	if boundary := template.Boundary(s.app); boundary != "" {
		p["PermissionsBoundary"] = boundary
	}
	s.add(id, "AWS::IAM::Role", p, nil)
}

// roleTags returns the tags of a role, one of which names the region.
func (s *stack) roleTags() []any {
	list := s.tags(nil)
	for _, tag := range list {
		if tag := tag.(object); tag["Key"] == spec.TagKey {
			tag["Value"] = template.Expr(s.app.RoleTag(s.Account.Region))
		}
	}
	return list
}

// function adds a function, its log group, and its outputs. The log group comes first: Lambda would
// create one that is kept for ever.
func (s *stack) function(fn spec.Function) {
	id := camel(fn.LogicalName)
	group := object{"LogGroupName": s.app.LogGroupName(fn.LogicalName), "Tags": s.tags(fn.Tags)}
	if fn.LogRetention != nil && *fn.LogRetention > 0 {
		group["RetentionInDays"] = *fn.LogRetention
	}
	if fn.LogKMSKey != "" && fn.LogKMSKey != spec.NoKey {
		group["KmsKeyId"] = fn.LogKMSKey
	}
	s.add(id+"LogGroup", "AWS::Logs::LogGroup", group, nil)
	s.add(id, "AWS::Lambda::Function", s.functionProperties(fn), object{
		"DependsOn": []any{id + "LogGroup"},
	})
	s.output(id+"HandlerArn", "The ARN of "+fn.LogicalName, attribute(id, "Arn"))
	s.output(id+"HandlerName", "The name of "+fn.LogicalName, ref(id))
}

func (s *stack) functionProperties(fn spec.Function) object {
	p := object{
		"FunctionName":  s.app.FunctionName(fn.LogicalName),
		"Runtime":       spec.Runtime,
		"Handler":       spec.Handler,
		"Architectures": []any{fn.Architecture},
		"Code":          s.code,
		"Role":          s.roleARN(fn.Role),
		"Timeout":       fn.Timeout,
		"MemorySize":    fn.MemorySize,
		"Environment":   object{"Variables": s.Environment(s.app, fn)},
		"Tags":          s.tags(fn.Tags),
		"TracingConfig": object{"Mode": fn.TracingMode()},
	}
	if fn.EphemeralStorage > 0 {
		p["EphemeralStorage"] = object{"Size": fn.EphemeralStorage}
	}
	if logging := logging(fn); len(logging) > 0 {
		p["LoggingConfig"] = logging
	}
	if fn.KMSKeyARN != "" {
		p["KmsKeyArn"] = fn.KMSKeyARN
	}
	if len(fn.Layers) > 0 {
		p["Layers"] = template.Texts(fn.Layers)
	}
	if len(fn.SubnetIDs) > 0 {
		vpc := object{
			"SubnetIds":        template.Texts(fn.SubnetIDs),
			"SecurityGroupIds": template.Texts(fn.SecurityGroupIDs),
		}
		if fn.IPv6 != nil {
			vpc["Ipv6AllowedForDualStack"] = *fn.IPv6
		}
		p["VpcConfig"] = vpc
	}
	if fn.ReservedConcurrency != nil && *fn.ReservedConcurrency >= 0 {
		p["ReservedConcurrentExecutions"] = *fn.ReservedConcurrency
	}
	return p
}

func (s *stack) roleARN(role spec.Role) any {
	if role.ARN != "" {
		return role.ARN
	}
	return attribute(camel(role.LogicalName), "Arn")
}

// logging returns how the log is written, empty for Lambda's default.
func logging(fn spec.Function) object {
	p := object{}
	for name, value := range map[string]string{
		"LogFormat": fn.LogFormat, "ApplicationLogLevel": fn.ApplicationLogLevel,
		"SystemLogLevel": fn.SystemLogLevel,
	} {
		if value != "" {
			p[name] = value
		}
	}
	return p
}
