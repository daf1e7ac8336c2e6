package project

import (
	"github.com/tyg-dev/tyg/cmd/internal/value"
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

	InitTimeout value.Duration `json:"init_timeout" allow:"0s..24h"`
	IdleTimeout value.Duration `json:"idle_timeout" allow:"-1s..8760h"`
	FunctionConfig
}

// A FunctionConfig has the settings that may differ between the functions of a stage.
type FunctionConfig struct {
	Environment         Variables         `json:"environment_variables"`
	AutogenPolicy       *bool             `json:"autogen_policy"`
	IAMPolicyFile       string            `json:"iam_policy_file"` // relative to .tyg
	PolicyStatements    []PolicyStatement `json:"policy_statements"`
	ManageIAMRole       *bool             `json:"manage_iam_role"`
	IAMRoleARN          string            `json:"iam_role_arn"`
	Timeout             int               `json:"lambda_timeout" allow:"1..900"`         // seconds
	MemorySize          int               `json:"lambda_memory_size" allow:"128..10240"` // MiB
	Layers              []string          `json:"layers"`
	ReservedConcurrency *int              `json:"reserved_concurrency" allow:"-1..100000"`
	SubnetIDs           []string          `json:"subnet_ids"`
	SecurityGroupIDs    []string          `json:"security_group_ids"`
	IPv6                *bool             `json:"ipv6_allowed_for_dual_stack"`
	Tags                map[string]string `json:"tags"`
	XRay                *bool             `json:"xray"`
	LogRetentionDays    *int              `json:"log_retention_in_days" allow:"0..3653"`
	LogKMSKey           string            `json:"log_kms_key"`

	EphemeralStorage int    `json:"ephemeral_storage" allow:"512..10240"` // MB
	LogFormat        string `json:"log_format" allow:"Text|JSON"`
	LogLevel         string `json:"application_log_level" allow:"TRACE|DEBUG|INFO|WARN|ERROR|FATAL"`
	SystemLogLevel   string `json:"system_log_level" allow:"DEBUG|INFO|WARN"`
	KMSKeyARN        string `json:"kms_key_arn"`
}

// Function returns the configuration of a function in a stage. A setting comes from the first of
// these that has it: the function in the stage, the stage, the function in the top level, the top
// level. Maps of all four are merged, with the same priority. The settings of [ServerConfig.App]
// are those of all functions that are made of it, after their own.
func (c Config) Function(stage, name string) Function {
	top, own := c.StageConfig, c.Stages[stage]
	app := c.At(stage).App
	f := Function{FunctionConfig: top.FunctionConfig}
	for _, next := range []Function{
		settings(top.Functions[app], name == app), top.Functions[name],
		{FunctionConfig: own.FunctionConfig},
		settings(own.Functions[app], name == app), own.Functions[name],
	} {
		f = overlay(f, next)
	}
	return f
}

// settings returns a function without its program, unless all of it is wanted.
func settings(f Function, whole bool) Function {
	if whole {
		return f
	}
	return Function{FunctionConfig: f.FunctionConfig}
}

// Over returns the settings of f, and those of g that f does not have.
func (f Function) Over(g Function) Function { return overlay(g, f) }
