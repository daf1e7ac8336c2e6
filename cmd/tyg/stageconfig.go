package main

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"

	"github.com/tyg-dev/tyg/cmd/internal/backend"
)

// A stageConfig is what may differ between stages.
type stageConfig struct {
	// APIGatewayStage is the first part of the URL's path.
	APIGatewayStage string                  `json:"api_gateway_stage"`
	CustomDomain    *domainConfig           `json:"websocket_api_custom_domain"`
	Functions       map[string]lambdaConfig `json:"lambda_functions"`
	Tables          map[string]tableConfig  `json:"tables"`

	// SingleFunction lets one function handle all routes, so that a cold start is paid once.
	SingleFunction *bool  `json:"single_function"`
	Architecture   string `json:"lambda_architecture"` // "arm64", the default, or "x86_64"

	// Routes are for a project that is not one Go program: who handles the events of each route.
	Routes         map[string]backend.Route `json:"routes"`
	RouteSelection string                   `json:"route_selection_expression"`
	Authorizer     *backend.Authorizer      `json:"authorizer"`
	StageVariables map[string]string        `json:"stage_variables"`

	Throttling      *throttlingConfig `json:"throttling"`
	LoggingLevel    string            `json:"logging_level"` // "OFF", "ERROR" or "INFO"
	DataTrace       *bool             `json:"data_trace"`
	DetailedMetrics *bool             `json:"detailed_metrics"`
	AccessLog       *accessLogConfig  `json:"access_log"`
	functionConfig
}

// A domainConfig is a custom domain name of the API.
type domainConfig struct {
	DomainName     string            `json:"domain_name"`
	CertificateARN string            `json:"certificate_arn"`
	TLSVersion     string            `json:"tls_version"`
	URLPrefix      string            `json:"url_prefix"`
	Tags           map[string]string `json:"tags"`
}

// A throttlingConfig bounds what all clients together may send.
type throttlingConfig struct {
	RateLimit  float64 `json:"rate_limit"` // messages a second
	BurstLimit int     `json:"burst_limit"`
}

// An accessLogConfig is where API Gateway writes a line for each event.
type accessLogConfig struct {
	DestinationARN string `json:"destination_arn"`
	Format         string `json:"format"`
}

// at returns the configuration of a stage: what it says itself, and the rest as the top level says it.
// Stages that the file does not list have all from there. What the functions say is in neither: see
// [config.function].
func (c config) at(stage string) stageConfig {
	top, own := c.stageConfig, c.Stages[stage]
	return stageConfig{
		APIGatewayStage: cmp.Or(own.APIGatewayStage, top.APIGatewayStage, "api"),
		CustomDomain:    cmp.Or(own.CustomDomain, top.CustomDomain),
		Functions:       merge(top.Functions, own.Functions),
		Tables:          merge(top.Tables, own.Tables),
		SingleFunction:  cmp.Or(own.SingleFunction, top.SingleFunction),
		Architecture:    cmp.Or(own.Architecture, top.Architecture, "arm64"),
		Routes:          merge(top.Routes, own.Routes),
		RouteSelection:  cmp.Or(own.RouteSelection, top.RouteSelection),
		Authorizer:      cmp.Or(own.Authorizer, top.Authorizer),
		StageVariables:  merge(top.StageVariables, own.StageVariables),
		Throttling:      cmp.Or(own.Throttling, top.Throttling),
		LoggingLevel:    cmp.Or(own.LoggingLevel, top.LoggingLevel),
		DataTrace:       cmp.Or(own.DataTrace, top.DataTrace),
		DetailedMetrics: cmp.Or(own.DetailedMetrics, top.DetailedMetrics),
		AccessLog:       cmp.Or(own.AccessLog, top.AccessLog),
		functionConfig:  own.functionConfig.over(top.functionConfig),
	}
}

// check reports the first value that cannot be. The prefix says where the keys are.
func (s stageConfig) check(prefix string) error {
	if err := checkStage(prefix+"api_gateway_stage", s.APIGatewayStage); err != nil {
		return err
	}
	for _, word := range []struct {
		key, value string
		known      []string
	}{
		{"lambda_architecture", s.Architecture, []string{"arm64", "x86_64"}},
		{"logging_level", s.LoggingLevel, []string{"OFF", "ERROR", "INFO"}},
	} {
		if word.value != "" && !slices.Contains(word.known, word.value) {
			return fmt.Errorf("%s%s is %q, and not one of %q", prefix, word.key, word.value, word.known)
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

// gatewayStage returns API Gateway's name of a stage.
func (c config) gatewayStage(stage string) string { return c.at(stage).APIGatewayStage }

// environment returns the environment variables of a stage as NAME=value, sorted.
func (c config) environment(stage string) []string {
	var list []string
	for name, value := range c.at(stage).Environment {
		list = append(list, name+"="+value)
	}
	slices.Sort(list)
	return list
}
