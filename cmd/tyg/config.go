package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"

	"github.com/tyg-dev/tyg/cmd/tyg/internal/backend"
	"github.com/tyg-dev/tyg/cmd/tyg/internal/strict"
)

// configPath is where a project keeps its configuration, below its directory.
const configPath = ".tyg/config.json"

// configVersion is the only version of the format there is.
const configVersion = "2.0"

// A config is the text of .tyg/config.json. What a stage does not say is as the top level says it;
// null and a missing key mean the same. The names of the fields in JSON are the keys that exist.
type config struct {
	Version string                 `json:"version"`
	AppName string                 `json:"app_name"`
	Profile string                 `json:"profile"`
	Stages  map[string]stageConfig `json:"stages"`
	stageConfig
}

// A stageConfig is what may differ between stages.
type stageConfig struct {
	// APIGatewayStage is the first part of the URL's path.
	APIGatewayStage string                  `json:"api_gateway_stage"`
	CustomDomain    *domainConfig           `json:"websocket_api_custom_domain"`
	Functions       map[string]lambdaConfig `json:"lambda_functions"`

	// Routes are for a project that is not one Go program: who handles the events of each route.
	Routes         map[string]backend.Route `json:"routes"`
	RouteSelection string                   `json:"route_selection_expression"`
	Authorizer     *backend.Authorizer      `json:"authorizer"`
	StageVariables map[string]string        `json:"stage_variables"`
	functionConfig
}

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

// A domainConfig is a custom domain name of the API.
type domainConfig struct {
	DomainName     string            `json:"domain_name"`
	CertificateARN string            `json:"certificate_arn"`
	TLSVersion     string            `json:"tls_version"`
	URLPrefix      string            `json:"url_prefix"`
	Tags           map[string]string `json:"tags"`
}

// newConfig returns the text of the configuration of a new project.
func newConfig(name string) []byte {
	return fmt.Appendf(nil, `{
  "version": "2.0",
  "app_name": %q,
  "stages": {
    "dev": {
      "api_gateway_stage": "api"
    }
  }
}
`, name)
}

// readConfig reads the configuration of the project in dir. A project without one has the zero
// configuration, which is all defaults.
func readConfig(dir string) (config, error) {
	data, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(configPath)))
	if errors.Is(err, fs.ErrNotExist) {
		return config{}, nil
	}
	if err != nil {
		return config{}, fmt.Errorf("read configuration: %w", err)
	}
	c, err := parseConfig(data)
	if err != nil {
		return config{}, fmt.Errorf("%s:%w", configPath, err)
	}
	return c, nil
}

// parseConfig reads the text of a configuration. Its errors begin with the number of the line, or
// with a space where they name a key instead.
func parseConfig(data []byte) (config, error) {
	var c config
	if err := strict.Unmarshal(data, &c); err != nil {
		return c, err
	}
	if err := c.check(); err != nil {
		return c, fmt.Errorf(" %w", err)
	}
	return c, nil
}

// check reports the first value that cannot be.
func (c config) check() error {
	if c.Version != "" && c.Version != configVersion {
		return fmt.Errorf("version is %q, and this tyg knows %q only", c.Version, configVersion)
	}
	if c.AppName != "" {
		if err := checkName(c.AppName); err != nil {
			return fmt.Errorf("app_name: %w", err)
		}
	}
	if err := checkStage("api_gateway_stage", c.APIGatewayStage); err != nil {
		return err
	}
	for name, s := range c.Stages {
		if err := checkStage("stages."+name+".api_gateway_stage", s.APIGatewayStage); err != nil {
			return err
		}
	}
	return nil
}

// checkStage checks the name of a stage at API Gateway, where empty means not given
// (https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid-stages.html).
func checkStage(key, stage string) error {
	if stage == "" || regexp.MustCompile(`^[A-Za-z0-9_-]{1,128}$`).MatchString(stage) {
		return nil
	}
	return fmt.Errorf("%s is %q, and a stage has 1 to 128 letters, digits, - and _", key, stage)
}

// gatewayStage returns API Gateway's name of a stage. Stages that the file does not list have the
// defaults.
func (c config) gatewayStage(stage string) string {
	for _, name := range []string{c.Stages[stage].APIGatewayStage, c.APIGatewayStage} {
		if name != "" {
			return name
		}
	}
	return "api"
}

// environment returns the environment variables of a stage as NAME=value, sorted.
func (c config) environment(stage string) []string {
	merged := make(map[string]string)
	for _, vars := range []map[string]string{c.Environment, c.Stages[stage].Environment} {
		for name, value := range vars {
			merged[name] = value
		}
	}
	var list []string
	for name, value := range merged {
		list = append(list, name+"="+value)
	}
	slices.Sort(list)
	return list
}
