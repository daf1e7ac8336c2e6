package function

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/tyg-dev/tyg/internal/deploy/spec"
)

// The limits of Lambda.
// (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html)
const (
	maxTimeout        = 900 // seconds
	minMemory         = 128 // MB
	maxMemory         = 10240
	maxLayers         = 5
	maxEnvironment    = 4096 // bytes of JSON
	maxSubnets        = 16
	maxSecurityGroups = 5
)

// A checker checks functions.
type checker struct{ *spec.Checker }

func check(sc *spec.Checker, a spec.Application) {
	c := checker{sc}
	for _, fn := range a.Functions {
		c.function(a, fn)
	}
}

func (c checker) function(a spec.Application, fn spec.Function) {
	of := " of " + fn.LogicalName
	c.Want(fn.Timeout >= 1 && fn.Timeout <= maxTimeout,
		"lambda_timeout%s is %d: it must be 1 to %d seconds", of, fn.Timeout, maxTimeout)
	c.Want(fn.MemorySize >= minMemory && fn.MemorySize <= maxMemory,
		"lambda_memory_size%s is %d: it must be %d to %d MB", of, fn.MemorySize, minMemory, maxMemory)
	c.Want(fn.Architecture == "arm64" || fn.Architecture == "x86_64",
		"lambda_architecture%s is %q: it must be arm64 or x86_64", of, fn.Architecture)
	if days := fn.LogRetention; days != nil {
		c.Want(slices.Contains(retentions(), *days),
			"log_retention_in_days%s is %d: CloudWatch keeps logs for ever (0), or for %v days",
			of, *days, retentions()[1:])
	}
	c.Want(fn.ReservedConcurrency == nil || *fn.ReservedConcurrency >= -1,
		"reserved_concurrency%s must be 0 or more, or -1 for none", of)
	c.Want(fn.Bundle == nil || len(fn.Bundle.Zip) <= spec.MaxDirect || a.CodeURL != "",
		"the package of %s has %d MB, and Lambda takes %d MB directly: name a bucket with code_url, or "+
			"leave out what is embedded in the program", fn.LogicalName,
		codeSize(fn.Bundle)>>20, spec.MaxDirect>>20)
	c.optional(fn)
	c.layers(fn)
	c.network(fn)
	c.environment(a, fn)
	c.role(fn)
	c.Tags("tags"+of, a.ResourceTags(fn.Tags), fn.Tags)
}

func codeSize(b *spec.Bundle) int {
	if b == nil {
		return 0
	}
	return len(b.Zip)
}

// optional checks the storage, the logs and the key of a function.
// (https://docs.aws.amazon.com/lambda/latest/api/API_LoggingConfig.html)
func (c checker) optional(fn spec.Function) {
	of := " of " + fn.LogicalName
	c.Want(fn.EphemeralStorage == 0 || fn.EphemeralStorage >= 512 && fn.EphemeralStorage <= 10_240,
		"ephemeral_storage%s is %d: it must be 512 to 10240 MB", of, fn.EphemeralStorage)
	c.Want(slices.Contains([]string{"", "Text", "JSON"}, fn.LogFormat),
		"log_format%s is %q: it must be Text or JSON", of, fn.LogFormat)
	c.Want(fn.LogFormat == "JSON" || fn.ApplicationLogLevel == "" && fn.SystemLogLevel == "",
		"application_log_level and system_log_level%s need \"log_format\": \"JSON\"", of)
	c.Want(fn.KMSKeyARN == "" || spec.IsKey(fn.KMSKeyARN),
		"kms_key_arn%s is %q, which is not the ARN of a key", of, fn.KMSKeyARN)
	c.Want(fn.LogKMSKey == "" || fn.LogKMSKey == spec.NoKey || spec.IsKey(fn.LogKMSKey),
		"log_kms_key%s is %q, which is neither the ARN of a key nor none", of, fn.LogKMSKey)
}

// retentions returns the numbers of days for which CloudWatch can keep logs; 0 is for ever.
// (https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html)
func retentions() []int {
	return []int{
		0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922,
		3288, 3653,
	}
}

func (c checker) layers(fn spec.Function) {
	c.Want(len(fn.Layers) <= maxLayers,
		"layers of %s: there are %d, and Lambda allows %d", fn.LogicalName, len(fn.Layers), maxLayers)
	for _, layer := range fn.Layers {
		c.Want(spec.Matches(`arn:[a-zA-Z0-9-]+:lambda:[a-z0-9-]+:\d{12}:layer:[a-zA-Z0-9_-]+:[0-9]+`,
			layer),
			"layers of %s: %q is not the ARN of a version of a layer", fn.LogicalName, layer)
	}
}

// network checks the VPC of a function.
// (https://docs.aws.amazon.com/lambda/latest/api/API_VpcConfig.html)
func (c checker) network(fn spec.Function) {
	c.Want((len(fn.SubnetIDs) > 0) == (len(fn.SecurityGroupIDs) > 0),
		"subnet_ids and security_group_ids of %s put the function into a VPC together: give both or "+
			"neither", fn.LogicalName)
	c.Want(len(fn.SubnetIDs) <= maxSubnets, "subnet_ids of %s: there are %d, and Lambda allows %d",
		fn.LogicalName, len(fn.SubnetIDs), maxSubnets)
	c.Want(len(fn.SecurityGroupIDs) <= maxSecurityGroups,
		"security_group_ids of %s: there are %d, and Lambda allows %d",
		fn.LogicalName, len(fn.SecurityGroupIDs), maxSecurityGroups)
	c.Want(fn.IPv6 == nil || len(fn.SubnetIDs) > 0, "ipv6_allowed_for_dual_stack of %s is for a "+
		"function in a VPC: give subnet_ids and security_group_ids, too", fn.LogicalName)
	for _, id := range fn.SubnetIDs {
		c.Want(spec.Matches(`subnet-[0-9a-z]*`, id),
			"subnet_ids of %s: %q is not the id of a subnet, such as subnet-0a1b2c3d", fn.LogicalName, id)
	}
	for _, id := range fn.SecurityGroupIDs {
		c.Want(spec.Matches(`sg-[0-9a-zA-Z]*`, id),
			"security_group_ids of %s: %q is not the id of a security group, such as sg-0a1b2c3d",
			fn.LogicalName, id)
	}
}

// environment checks the variables of a function.
// (https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html)
func (c checker) environment(a spec.Application, fn spec.Function) {
	// The endpoint is not known yet: this one is as long as with the longest name of a region.
	endpoint := "https://" + strings.Repeat("x", 60) + "/" + a.API.Stage
	all := a.Environment(fn, endpoint)
	for _, name := range slices.Sorted(maps.Keys(fn.Environment)) {
		c.Want(spec.Matches(spec.VariablePattern, name),
			"environment_variables of %s: %q is no name for a "+
				"variable; it must begin with a letter and have two or more letters, digits and _",
			fn.LogicalName, name)
		c.Want(!slices.Contains(spec.ReservedVariables(), name),
			"environment_variables of %s: Lambda sets %s itself", fn.LogicalName, name)
	}
	text, err := json.Marshal(all)
	c.Want(err == nil && len(text) <= maxEnvironment, "environment_variables of %s take %d bytes, "+
		"with those that tyg sets, and Lambda allows %d: put what is large into a table",
		fn.LogicalName, len(text), maxEnvironment)
}

func (c checker) role(fn spec.Function) {
	if arn := fn.Role.ARN; arn != "" {
		c.Want(spec.Matches(`arn:aws[a-zA-Z-]*:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@/-]+`, arn),
			"iam_role_arn of %s is %q, which is not the ARN of a role", fn.LogicalName, arn)
		return
	}
	if fn.Role.Policy == nil {
		return
	}
	var doc struct{ Statement json.RawMessage }
	err := json.Unmarshal(fn.Role.Policy, &doc)
	c.Want(err == nil, "iam_policy_file of %s is not a policy in JSON: %v", fn.LogicalName, err)
	c.Want(err != nil || doc.Statement != nil,
		"iam_policy_file of %s has no Statement", fn.LogicalName)
}
