package project

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/tyg-dev/tyg/cmd/internal/backend"
	"github.com/tyg-dev/tyg/cmd/internal/strict"
	"github.com/tyg-dev/tyg/cmd/internal/value"
	"github.com/tyg-dev/tyg/gateway"
)

// A StageConfig has the settings that may differ between stages.
type StageConfig struct {
	// APIGatewayStage is the first part of the URL's path.
	APIGatewayStage string                 `json:"api_gateway_stage"`
	CustomDomain    *DomainConfig          `json:"websocket_api_custom_domain"`
	Functions       map[string]Function    `json:"lambda_functions"`
	Tables          map[string]TableConfig `json:"tables"`

	// Groups makes a table for groups, presence, values and states, or none. Without it the program
	// decides: whether it uses them.
	Groups *bool `json:"groups"`

	// SingleFunction makes one function handle all routes, so that a client waits for one cold start.
	SingleFunction *bool  `json:"single_function"`
	Architecture   string `json:"lambda_architecture"` // "arm64", the default, or "x86_64"

	// Routes has the target of each route, for a project that is not one Go program.
	Routes         map[string]backend.Route `json:"routes"`
	RouteSelection string                   `json:"route_selection_expression"`
	Authorizer     *backend.Authorizer      `json:"authorizer"`
	StageVariables map[string]string        `json:"stage_variables"`

	// Origins are the origins of web pages that may connect. API Gateway lets all connect.
	Origins []string `json:"origins"`

	Throttling      *ThrottlingConfig `json:"throttling"`
	LoggingLevel    string            `json:"logging_level"` // "OFF", "ERROR" or "INFO"
	DataTrace       *bool             `json:"data_trace"`
	DetailedMetrics *bool             `json:"detailed_metrics"`
	AccessLog       *AccessLogConfig  `json:"access_log"`
	FunctionConfig
}

// A DomainConfig is a custom domain name of the API.
type DomainConfig struct {
	DomainName     string            `json:"domain_name"`
	CertificateARN string            `json:"certificate_arn"`
	TLSVersion     string            `json:"tls_version"`
	URLPrefix      string            `json:"url_prefix"`
	Tags           map[string]string `json:"tags"`
}

// A ThrottlingConfig limits the messages of all clients together.
type ThrottlingConfig struct {
	RateLimit  float64 `json:"rate_limit" allow:"0..1000000"` // messages a second
	BurstLimit int     `json:"burst_limit" allow:"0..1000000"`
}

// An AccessLogConfig is the destination of API Gateway's access log.
type AccessLogConfig struct {
	DestinationARN string `json:"destination_arn"`
	Format         string `json:"format"`
}

// At returns the configuration of a stage, completed from the top level, which is all of it for
// stages that the file does not list. It does not include the settings of single functions: see
// [Config.Function].
func (c Config) At(stage string) StageConfig {
	top, own := c.StageConfig, c.Stages[stage]
	return StageConfig{
		APIGatewayStage: cmp.Or(own.APIGatewayStage, top.APIGatewayStage, "api"),
		CustomDomain:    cmp.Or(own.CustomDomain, top.CustomDomain),
		Functions:       merge(top.Functions, own.Functions),
		Tables:          merge(top.Tables, own.Tables),
		Groups:          cmp.Or(own.Groups, top.Groups),
		SingleFunction:  cmp.Or(own.SingleFunction, top.SingleFunction),
		Architecture:    cmp.Or(own.Architecture, top.Architecture, "arm64"),
		Routes:          merge(top.Routes, own.Routes),
		RouteSelection:  cmp.Or(own.RouteSelection, top.RouteSelection),
		Authorizer:      cmp.Or(own.Authorizer, top.Authorizer),
		StageVariables:  merge(top.StageVariables, own.StageVariables),
		Origins:         given(own.Origins, top.Origins),
		Throttling:      cmp.Or(own.Throttling, top.Throttling),
		LoggingLevel:    cmp.Or(own.LoggingLevel, top.LoggingLevel),
		DataTrace:       cmp.Or(own.DataTrace, top.DataTrace),
		DetailedMetrics: cmp.Or(own.DetailedMetrics, top.DetailedMetrics),
		AccessLog:       cmp.Or(own.AccessLog, top.AccessLog),
		FunctionConfig:  own.FunctionConfig.over(top.FunctionConfig),
	}
}

// check reports the first invalid value. The prefix is the path of the stage in the file.
func (s StageConfig) check(prefix string) error {
	if s.APIGatewayStage != "" {
		if value.Stage(s.APIGatewayStage) != nil {
			return fmt.Errorf("%sapi_gateway_stage is %q; a stage has 1 to 128 letters, digits, - and _",
				prefix, s.APIGatewayStage)
		}
	}
	if err := gateway.CheckOrigins(s.Origins); err != nil {
		return fmt.Errorf("%sorigins: %w", prefix, err)
	}
	for _, word := range []struct {
		key, value string
		known      []string
	}{
		{"lambda_architecture", s.Architecture, []string{"arm64", "x86_64"}},
		{"logging_level", s.LoggingLevel, []string{"OFF", "ERROR", "INFO"}},
	} {
		if word.value != "" && !slices.Contains(word.known, word.value) {
			return fmt.Errorf("%s%s is %q; use one of %q", prefix, word.key, word.value, word.known)
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

// Environ returns the environment variables of a stage as NAME=value, sorted.
func (c Config) Environ(stage string) []string {
	var list []string
	for name, value := range c.At(stage).Environment {
		list = append(list, name+"="+value)
	}
	slices.Sort(list)
	return list
}
