package project

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/tyg-dev/tyg/cmd/internal/backend"
	"github.com/tyg-dev/tyg/cmd/internal/strict"
	"github.com/tyg-dev/tyg/gateway"
)

// A StageConfig has the settings that may differ between stages.
type StageConfig struct {
	// APIGatewayStage is the first part of the URL's path.
	APIGatewayStage string `json:"api_gateway_stage" allow:"stage"`
	// State is where the state on AWS is kept: s3://bucket/prefix. Empty is a file of the project.
	State        string                 `json:"state"`
	CustomDomain *DomainConfig          `json:"websocket_api_custom_domain"`
	Functions    map[string]Function    `json:"lambda_functions"`
	Tables       map[string]TableConfig `json:"tables"`

	// Triggers are the sources of events that come from no connection, by the name of the handler.
	Triggers map[string]TriggerConfig `json:"triggers"`

	// Connect says which handshakes API Gateway passes on to the program.
	Connect *ConnectConfig `json:"connect"`

	// Releases is how many releases are kept, the live one among them; 0 makes none.
	Releases *int `json:"releases" allow:"0..100"`

	IPAddressType string `json:"ip_address_type" allow:"ipv4|dualstack"`

	RolePath            string `json:"role_path"`
	PermissionsBoundary string `json:"permissions_boundary"`

	// Groups makes a table for groups, presence, values and states, or none. Without it the program
	// decides: whether it uses them.
	Groups *bool `json:"groups"`

	// SingleFunction makes one function handle all routes, so that a client waits for one cold start.
	SingleFunction *bool `json:"single_function"`

	Architecture string `json:"lambda_architecture" allow:"arm64|x86_64"`

	// BuildTags, LDFlags and GoFlags are for the build of the program for Lambda.
	BuildTags []string `json:"build_tags"`
	LDFlags   string   `json:"ldflags"`
	GoFlags   []string `json:"goflags"`

	// CodeURL is where packages go that are too large to be sent to Lambda: s3://bucket/prefix. Empty
	// is where the state is.
	CodeURL string `json:"code_url"`

	// Routes has the target of each route, for a project that is not one Go program.
	Routes         map[string]backend.Route `json:"routes"`
	RouteSelection string                   `json:"route_selection_expression"`
	Authorizer     *backend.Authorizer      `json:"authorizer"`
	StageVariables map[string]string        `json:"stage_variables"`

	// Origins are the origins of web pages that may connect. API Gateway lets all connect.
	Origins []string `json:"origins"`

	Throttling      *ThrottlingConfig `json:"throttling"`
	LoggingLevel    string            `json:"logging_level" allow:"OFF|ERROR|INFO"`
	DataTrace       *bool             `json:"data_trace"`
	DetailedMetrics *bool             `json:"detailed_metrics"`
	AccessLog       *AccessLogConfig  `json:"access_log"`
	ServerConfig
	FunctionConfig
}

// A DomainConfig is a custom domain name of the API.
type DomainConfig struct {
	DomainName     string            `json:"domain_name"`
	CertificateARN string            `json:"certificate_arn"`
	Certificate    string            `json:"certificate" allow:"request"`
	HostedZone     string            `json:"hosted_zone"`
	TLSVersion     string            `json:"tls_version"`
	URLPrefix      string            `json:"url_prefix"`
	IPAddressType  string            `json:"ip_address_type" allow:"ipv4|dualstack"`
	Tags           map[string]string `json:"tags"`
}

// A ConnectConfig has what API Gateway asks of a handshake before the program.
type ConnectConfig struct {
	Authorization  string            `json:"authorization" allow:"none|iam"`
	APIKeyRequired bool              `json:"api_key_required"`
	Authorizer     *AuthorizerConfig `json:"authorizer"`
}

// An AuthorizerConfig is an authorizer outside of the application.
type AuthorizerConfig struct {
	FunctionARN     string   `json:"function_arn"`
	RoleARN         string   `json:"role_arn"` // which API Gateway assumes
	IdentitySources []string `json:"identity_sources"`
}

// A ThrottlingConfig limits the messages of all clients together.
type ThrottlingConfig struct {
	RateLimit  float64 `json:"rate_limit" allow:"0..1000000"` // messages a second
	BurstLimit int     `json:"burst_limit" allow:"0..1000000"`
}

// An AccessLogConfig is the destination of the access log: a log group on AWS, elsewhere a file, of
// which - is standard output.
type AccessLogConfig struct {
	DestinationARN string `json:"destination_arn"`
	File           string `json:"file"`
	Format         string `json:"format"`
}

// At returns the configuration of a stage, completed from the top level, which is all of it for
// stages that the file does not list. It does not include the settings of single functions: see
// [Config.Function].
func (c Config) At(stage string) StageConfig {
	s := overlay(c.StageConfig, c.Stages[stage])
	s.APIGatewayStage = cmp.Or(s.APIGatewayStage, "api")
	s.Architecture = cmp.Or(s.Architecture, "arm64")
	return s
}

// With returns the settings of over, and those of s that over does not have.
func (s StageConfig) With(over StageConfig) StageConfig { return overlay(s, over) }

// isStateURL reports whether a text is the URL of a state in S3.
// (https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html)
func isStateURL(text string) bool {
	return regexp.MustCompile(`^s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/.*)?$`).MatchString(text)
}

// check reports the first invalid value, with its key.
func (s StageConfig) check() error {
	if err := gateway.CheckOrigins(s.Origins); err != nil {
		return keyError("origins", err)
	}
	if s.State != "" && !isStateURL(s.State) {
		return keyError("state", fmt.Errorf("%q is no place for the state; use s3://bucket/prefix",
			s.State))
	}
	if s.CodeURL != "" && !isStateURL(s.CodeURL) {
		return keyError("code_url", fmt.Errorf("%q is no place for code; use s3://bucket/prefix",
			s.CodeURL))
	}
	for _, key := range slices.Sorted(maps.Keys(s.Functions)) {
		f := s.Functions[key]
		if len(f.Command) > 0 && f.Runtime != "" {
			return keyError("lambda_functions."+key,
				errors.New(`it has a "command" and a "runtime"; leave out one of them`))
		}
	}
	if s.App != "" && len(s.Routes) > 0 {
		return keyError("app", errors.New(`it describes its own routes; leave out "routes"`))
	}
	if err := checkTriggers(s.Triggers); err != nil {
		return err
	}
	if err := s.checkStatements(); err != nil {
		return err
	}
	if err := s.checkVariables(); err != nil {
		return err
	}
	return s.ServerConfig.check()
}

// checkVariables checks the variables of the stage and of its functions.
func (s StageConfig) checkVariables() error {
	if err := s.Environment.check(); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(s.Functions)) {
		if err := s.Functions[name].Environment.check(); err != nil {
			return keyError("lambda_functions."+name, err)
		}
	}
	return nil
}

// checkStatements checks the policy statements of the stage and of its functions.
func (s StageConfig) checkStatements() error {
	for i, statement := range s.PolicyStatements {
		if err := statement.check(); err != nil {
			return keyError(fmt.Sprintf("policy_statements[%d]", i), err)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.Functions)) {
		for i, statement := range s.Functions[name].PolicyStatements {
			if err := statement.check(); err != nil {
				return keyError(fmt.Sprintf("lambda_functions.%s.policy_statements[%d]", name, i), err)
			}
		}
	}
	return nil
}

// CheckStage reports a stage that the configuration does not list, if it lists any.
func (c Config) CheckStage(stage string) error {
	if _, ok := c.Stages[stage]; ok || len(c.Stages) == 0 {
		return nil
	}
	known := slices.Sorted(maps.Keys(c.Stages))
	return fmt.Errorf("there is no stage %q in %s, which has %s%s", stage, ConfigPath,
		strings.Join(known, ", "), strict.DidYouMean(stage, known))
}

// GatewayStage returns API Gateway's name of a stage.
func (c Config) GatewayStage(stage string) string { return c.At(stage).APIGatewayStage }

// Environ returns the environment variables of the program of a stage as NAME=value, sorted.
func (c Config) Environ(stage string) []string {
	var list []string
	for name, value := range c.Function(stage, c.At(stage).App).Environment.Here() {
		list = append(list, name+"="+value)
	}
	slices.Sort(list)
	return list
}
