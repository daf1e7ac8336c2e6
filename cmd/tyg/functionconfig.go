package main

import (
	"cmp"
)

// A lambdaConfig is one function.
type lambdaConfig struct {
	// Command is the program of a function that Routes name, and Directory where it runs, below that
	// of the project.
	Command   []string `json:"command"`
	Directory string   `json:"directory"`
	functionConfig
}

// A functionConfig is what may differ between the functions of a stage.
type functionConfig struct {
	Environment         map[string]string `json:"environment_variables"`
	AutogenPolicy       *bool             `json:"autogen_policy"`
	IAMPolicyFile       string            `json:"iam_policy_file"` // relative to .tyg
	ManageIAMRole       *bool             `json:"manage_iam_role"`
	IAMRoleARN          string            `json:"iam_role_arn"`
	Timeout             int               `json:"lambda_timeout"`     // seconds
	MemorySize          int               `json:"lambda_memory_size"` // MiB
	Layers              []string          `json:"layers"`
	ReservedConcurrency *int              `json:"reserved_concurrency"`
	SubnetIDs           []string          `json:"subnet_ids"`
	SecurityGroupIDs    []string          `json:"security_group_ids"`
	Tags                map[string]string `json:"tags"`
	XRay                *bool             `json:"xray"`
	LogRetentionDays    int               `json:"log_retention_in_days"`
}

// function returns the configuration of a function in a stage. What counts most is what the stage
// says of the function, then what it says of all; then the same of the top level. Maps are merged in
// that order, of all four.
func (c config) function(stage, name string) lambdaConfig {
	top, own := c.stageConfig, c.Stages[stage]
	f := lambdaConfig{functionConfig: top.functionConfig}
	for _, next := range []lambdaConfig{
		top.Functions[name], {functionConfig: own.functionConfig}, own.Functions[name],
	} {
		f = lambdaConfig{
			Command:        given(next.Command, f.Command),
			Directory:      cmp.Or(next.Directory, f.Directory),
			functionConfig: next.functionConfig.over(f.functionConfig),
		}
	}
	return f
}

// over returns what f says, and the rest as g says it.
func (f functionConfig) over(g functionConfig) functionConfig {
	return functionConfig{
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

// given returns the first list unless it is not there at all. One without elements is there.
func given(first, second []string) []string {
	if first != nil {
		return first
	}
	return second
}

// yes reports a setting that is on; one that nobody has given is what otherwise says.
func yes(setting *bool, otherwise bool) bool {
	if setting == nil {
		return otherwise
	}
	return *setting
}
