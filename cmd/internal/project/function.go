package project

import (
	"cmp"
	"maps"
)

// A Function is one function.
type Function struct {
	// Command is the program of a function that Routes name, and Directory its working directory,
	// relative to the project. In place of a Command it may have a Runtime, such as "python3.13" or
	// "nodejs22.x", and a Handler, such as "app.handler".
	Command   []string `json:"command"`
	Runtime   string   `json:"runtime"`
	Handler   string   `json:"handler"`
	Directory string   `json:"directory"`
	FunctionConfig
}

// A FunctionConfig has the settings that may differ between the functions of a stage.
type FunctionConfig struct {
	Environment         map[string]string `json:"environment_variables"`
	AutogenPolicy       *bool             `json:"autogen_policy"`
	IAMPolicyFile       string            `json:"iam_policy_file"` // relative to .tyg
	ManageIAMRole       *bool             `json:"manage_iam_role"`
	IAMRoleARN          string            `json:"iam_role_arn"`
	Timeout             int               `json:"lambda_timeout" allow:"1..900"`         // seconds
	MemorySize          int               `json:"lambda_memory_size" allow:"128..10240"` // MiB
	Layers              []string          `json:"layers"`
	ReservedConcurrency *int              `json:"reserved_concurrency" allow:"0..100000"`
	SubnetIDs           []string          `json:"subnet_ids"`
	SecurityGroupIDs    []string          `json:"security_group_ids"`
	Tags                map[string]string `json:"tags"`
	XRay                *bool             `json:"xray"`
	LogRetentionDays    int               `json:"log_retention_in_days" allow:"0..3653"`
}

// Function returns the configuration of a function in a stage. A setting comes from the first of
// these that has it: the function in the stage, the stage, the function in the top level, the top
// level. Maps of all four are merged, with the same priority.
func (c Config) Function(stage, name string) Function {
	top, own := c.StageConfig, c.Stages[stage]
	f := Function{FunctionConfig: top.FunctionConfig}
	for _, next := range []Function{
		top.Functions[name], {FunctionConfig: own.FunctionConfig}, own.Functions[name],
	} {
		f = Function{
			Command:        given(next.Command, f.Command),
			Runtime:        cmp.Or(next.Runtime, f.Runtime),
			Handler:        cmp.Or(next.Handler, f.Handler),
			Directory:      cmp.Or(next.Directory, f.Directory),
			FunctionConfig: next.FunctionConfig.over(f.FunctionConfig),
		}
	}
	return f
}

// over returns the settings of f, and those of g that f does not have.
func (f FunctionConfig) over(g FunctionConfig) FunctionConfig {
	return FunctionConfig{
		Environment:         merge(g.Environment, f.Environment),
		AutogenPolicy:       cmp.Or(f.AutogenPolicy, g.AutogenPolicy),
		IAMPolicyFile:       cmp.Or(f.IAMPolicyFile, g.IAMPolicyFile),
		ManageIAMRole:       cmp.Or(f.ManageIAMRole, g.ManageIAMRole),
		IAMRoleARN:          cmp.Or(f.IAMRoleARN, g.IAMRoleARN),
		Timeout:             cmp.Or(f.Timeout, g.Timeout),
		MemorySize:          cmp.Or(f.MemorySize, g.MemorySize),
		Layers:              given(f.Layers, g.Layers),
		ReservedConcurrency: cmp.Or(f.ReservedConcurrency, g.ReservedConcurrency),
		SubnetIDs:           given(f.SubnetIDs, g.SubnetIDs),
		SecurityGroupIDs:    given(f.SecurityGroupIDs, g.SecurityGroupIDs),
		Tags:                merge(g.Tags, f.Tags),
		XRay:                cmp.Or(f.XRay, g.XRay),
		LogRetentionDays:    cmp.Or(f.LogRetentionDays, g.LogRetentionDays),
	}
}

// given returns first, or second if first is nil. An empty list is not nil.
func given(first, second []string) []string {
	if first != nil {
		return first
	}
	return second
}

// merge returns a new map with the entries of both; those of b override those of a.
func merge[V any](a, b map[string]V) map[string]V {
	m := maps.Clone(a)
	if m == nil {
		m = make(map[string]V)
	}
	maps.Copy(m, b)
	return m
}
