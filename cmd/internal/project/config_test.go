package project

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg/cmd/internal/strict/stricttest"
	"github.com/tyg-dev/tyg/cmd/internal/value"
)

func TestParseConfigRejects(t *testing.T) {
	tests := []struct {
		name, text, want string
	}{
		{
			"unknown key", "{\n\"app_nam\": \"a\"}",
			`2: there is no key "app_nam"; did you mean "app_name"?`,
		},
		{
			"unknown key in a stage", "{\"stages\": {\n\"dev\": {\n\"apiGatewayStage\": \"a\"}}}",
			`3: there is no key "stages.dev.apiGatewayStage"; did you mean "api_gateway_stage"?`,
		},
		{
			"unknown key in a function", `{"lambda_functions": {"x": {"timeout": 3}}}`,
			`1: there is no key "lambda_functions.x.timeout"`,
		},
		{
			"key of another case", `{"App_Name": "a"}`,
			`1: there is no key "App_Name"; did you mean "app_name"?`,
		},
		{
			"key like no other", `{"minimum_compression_size": 1}`,
			`1: there is no key "minimum_compression_size"`,
		},
		{
			"stage key inside a function", `{"lambda_functions": {"x": {"api_gateway_stage": "a"}}}`,
			`1: there is no key "lambda_functions.x.api_gateway_stage"`,
		},
		{
			"duplicate key", "{\"xray\": true,\n\n\"xray\": false}",
			`3: key "xray" is there twice, first in line 1`,
		},
		{
			"duplicate stage", `{"stages": {"a": {}, "a": {}}}`,
			`1: key "stages.a" is there twice, first in line 1`,
		},
		{
			"duplicate variable", "{\"environment_variables\": {\"A\": \"\",\n\"A\": \"\"}}",
			`2: key "environment_variables.A" is there twice, first in line 1`,
		},
		{
			"byte order mark", "\xef\xbb\xbf{}",
			"1: the file begins with a byte order mark; save it as UTF-8 without one",
		},
		{
			"trailing garbage", "{}\n\n}",
			"3: this is not JSON: invalid character '}' after top-level value",
		},
		{
			"second object", "{}\n{}",
			"2: this is not JSON: invalid character '{' after top-level value",
		},
		{"empty", "", "1: this is not JSON: unexpected end of JSON input"},
		{"cut short", "{\n\"stages\": {\n", "2: this is not JSON: unexpected end of JSON input"},
		{
			"not JSON", "{\n\"xray\": yes}",
			"2: this is not JSON: invalid character 'y' looking for beginning of value",
		},
		{"comment", "{\n// the name\n}", "2: this is not JSON, which has no comments: "},
		{
			"comma too many", "{\"xray\": true,\n}",
			"2: this is not JSON, which has no comma after the last element: ",
		},
		{"single quotes", "{'xray': true}", "1: this is not JSON, whose texts are in double quotes: "},
		{"list", "[]", `1: the configuration must be an object, not array`},
		{"null", "null", ""},
		{"number for text", "{\"app_name\":\n3}", `2: "app_name" must be a string, not number`},
		{
			"text for a number", `{"lambda_timeout": "3"}`,
			`1: "lambda_timeout" must be a whole number, not string`,
		},
		{
			"fraction", `{"lambda_timeout": 1.5}`,
			`1: "lambda_timeout" must be a whole number, not number 1.5`,
		},
		{"text for a list", `{"layers": "a"}`, `1: "layers" must be an array, not string`},
		{"text for a stage", `{"stages": {"dev": "a"}}`, `1: "stages.dev" must be an object, not string`},
		{"text for a boolean", `{"xray": "yes"}`, `1: "xray" must be true or false, not string`},
		{
			"number for a variable", `{"environment_variables": {"A": 1}}`,
			`1: "environment_variables.A" must be a string, not number`,
		},
		{
			"version of the future", `{"version": "3.0"}`,
			`1: version: "3.0" is not supported; this tyg knows "2.0" only`,
		},
		{"bad name", `{"app_name": "a b"}`, `1: app_name: "a b" cannot be the name of a project`},
		{
			"bad gateway stage", `{"api_gateway_stage": "a/b"}`,
			`1: "api_gateway_stage" is "a/b"; use 1 to 128 letters`,
		},
		{
			"bad gateway stage of a stage", `{"stages": {"x": {"api_gateway_stage": "é"}}}`,
			`1: "stages.x.api_gateway_stage" is "é"`,
		},
		{
			"architecture", `{"lambda_architecture": "amd64"}`,
			`1: "lambda_architecture" is "amd64"; use one of arm64, x86_64`,
		},
		{
			"origin with a path", `{"origins": ["http://a.example/chat"]}`,
			`1: origins: origin "http://a.example/chat": want scheme and host`,
		},
		{
			"origin of a stage", `{"stages": {"x": {"origins": ["a"]}}}`,
			`1: stages.x.origins: origin "a": want scheme and host`,
		},
		{
			"logging level of a stage", `{"stages": {"x": {"logging_level": "DEBUG"}}}`,
			`1: "stages.x.logging_level" is "DEBUG"; use one of OFF, ERROR, INFO`,
		},
		{
			"text for a rate", `{"throttling": {"rate_limit": "10"}}`,
			`1: "throttling.rate_limit" must be a number, not string`,
		},
		{
			"unknown key of a table", "{\"tables\": {\"rooms\": {\n\"partitionkey\": {}}}}",
			`2: there is no key "tables.rooms.partitionkey"; did you mean "partition_key"?`,
		},
		{
			"text for a key", `{"tables": {"rooms": {"partition_key": "PK"}}}`,
			`1: "tables.rooms.partition_key" must be an object, not string`,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := ParseConfig([]byte(test.text))
			got := ""
			if err != nil {
				got = err.Error()
			}
			if !strings.HasPrefix(got, test.want) || got != "" && test.want == "" {
				t.Errorf("error is\n%s\nwant\n%s", got, test.want)
			}
		})
	}
}

func TestEachKeyHasARange(t *testing.T) {
	parse := func(data []byte) error { _, err := ParseConfig(data); return err }
	// What the others are checked against is on AWS or on this machine: the commands do it.
	stricttest.Test(t, reflect.TypeFor[Config](), parse, `$schema version app_name profile state
		code_url ldflags
		domain_name
		certificate_arn tls_version url_prefix directory iam_policy_file iam_role_arn
		environment_variable table_name name ttl_attribute function url arn region nats role_arn
		kms_key_arn log_kms_key hosted_zone stream_view_type
		text ssm secret key local function_arn role_path permissions_boundary
		route_selection_expression destination_arn format runtime handler file app api_id account_id
		cert_file key_file cache_dir email inspect_token_env inspect_token_file mock
		node credentials_file id_key_env id_key_file dir ca_file password_env password_file
		disconnects_file sqs dynamodb schedule eventbridge sns`)
}

func TestParseConfigAcceptsNewProjects(t *testing.T) {
	c, err := ParseConfig(NewConfig("echo", "demo"))
	if err != nil {
		t.Fatal(err)
	}
	if c.Version != configVersion || c.AppName != "demo" || c.GatewayStage("dev") != "api" {
		t.Errorf("configuration of a new project is %+v", c)
	}
}

func TestStageOverridesTopLevel(t *testing.T) {
	c, err := ParseConfig([]byte(`{
		"version": null,
		"api_gateway_stage": "top",
		"environment_variables": {"A": "top", "B": "top"},
		"lambda_functions": {"websocket_message": {"lambda_timeout": 3, "tags": {"any key": "x"}}},
		"stages": {
			"none": {"api_gateway_stage": null},
			"own": {
				"api_gateway_stage": "own",
				"environment_variables": {"B": "own", "C": "own"},
				"websocket_api_custom_domain": {"domain_name": "a.example", "certificate_arn": "arn"}
			}
		}
	}`))
	if err != nil {
		t.Fatal(err)
	}
	for stage, want := range map[string]string{"own": "own", "none": "top", "not listed": "top"} {
		if got := c.GatewayStage(stage); got != want {
			t.Errorf("gateway stage of %q is %q, want %q", stage, got, want)
		}
	}
	want := []string{"A=top", "B=own", "C=own"}
	if got := c.Environ("own"); !slices.Equal(got, want) {
		t.Errorf("environment of own is %q, want %q", got, want)
	}
	want = []string{"A=top", "B=top"}
	if got := c.Environ("none"); !slices.Equal(got, want) {
		t.Errorf("environment of none is %q, want %q", got, want)
	}
	if got := c.Functions["websocket_message"].Timeout; got != 3 {
		t.Errorf("timeout of websocket_message is %d, want 3", got)
	}
	if got := c.Stages["own"].CustomDomain.DomainName; got != "a.example" {
		t.Errorf("domain of own is %q", got)
	}
}

func TestCheckStage(t *testing.T) {
	listed := Config{Stages: map[string]StageConfig{"prod": {}, "dev": {}}}
	for _, test := range []struct {
		c           Config
		stage, want string
	}{
		{listed, "dev", ""},
		{Config{}, "any", ""},
		{listed, "nope", `there is no stage "nope" in .tyg/config.json, which has dev, prod`},
		{
			listed, "prd", `there is no stage "prd" in .tyg/config.json, which has dev, prod; ` +
				`did you mean "prod"?`,
		},
	} {
		got := ""
		if err := test.c.CheckStage(test.stage); err != nil {
			got = err.Error()
		}
		if got != test.want {
			t.Errorf("stage %q: %q, want %q", test.stage, got, test.want)
		}
	}
}

func TestMissingConfigHasDefaults(t *testing.T) {
	c, err := ReadConfig(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if got := c.GatewayStage("dev"); got != "api" {
		t.Errorf("gateway stage is %q, want api", got)
	}
}

func TestUnreadableConfigIsAnError(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, ".tyg", "config.json"), 0o777); err != nil {
		t.Fatal(err)
	}
	_, err := ReadConfig(dir)
	if err == nil || !strings.HasPrefix(err.Error(), "read configuration: ") {
		t.Errorf("error is %v", err)
	}
}

// What the parser accepts has no key that is ignored or there twice, and every error names a line.
func FuzzParseConfig(f *testing.F) {
	f.Add(NewConfig("echo", "demo"))
	f.Add([]byte(`{"lambda_functions": {"x": {"lambda_timeout": 3, "tags": {"a": "b"}}}}`))
	f.Add([]byte("{\"xray\": true,\n\"xray\": null}"))
	f.Add([]byte(`{"stages": {"\u0061": {}, "a": {}}}`))
	f.Add([]byte("\xef\xbb\xbf{}"))
	f.Add([]byte(`{} []`))
	f.Add([]byte(`{"subnet_ids": [[[[`))
	f.Add(NewConfig("chat", "demo"))
	f.Add([]byte(`{"tables": {"a": null, "b": {"indexes": {"c": null}}}, "throttling": null, ` +
		`"manage_iam_role": false}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := ParseConfig(data)
		if err != nil {
			if text := err.Error(); text[0] < '1' || text[0] > '9' {
				t.Errorf("error %q does not begin with a line", text)
			}
			return
		}
		if stage := c.GatewayStage("dev"); value.Stage(stage) != nil {
			t.Errorf("stage %q was accepted", stage)
		}
	})
}
