package lambda

import (
	"encoding/json"
	"fmt"
	"maps"

	"github.com/tyg-dev/tyg/internal/awstest/account"
	"github.com/tyg-dev/tyg/internal/awstest/wire"
)

// Limits that the model does not have.
// (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html,
// https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html)
const (
	maxFunctionName   = 64
	maxTimeout        = 900                // seconds
	maxMemory         = 10240              // MB
	maxEnvironment    = 4096               // bytes
	defaultTimeout    = json.Number("3")   // seconds
	defaultMemory     = json.Number("128") // MB
	defaultStorage    = json.Number("512") // MB
	runtimeVersionARN = "arn:aws:lambda:" + account.Region + "::runtime:0000000000000000"
)

func (s *State) createFunction(in wire.Params) (map[string]any, error) {
	name := functionName(in.Str("FunctionName"))
	if len(name) > maxFunctionName {
		return nil, wire.BreaksConstraint("functionName", name,
			fmt.Sprintf("have length less than or equal to %d", maxFunctionName))
	}
	if s.functions[name] != nil {
		return nil, conflict("Function already exist: %s", name)
	}
	code := in.Obj("Code")
	if err := createOnly(in, code); err != nil {
		return nil, err
	}
	if err := s.checkSettings(in); err != nil {
		return nil, err
	}
	zip, err := s.zipOf(code)
	if err != nil {
		return nil, err
	}
	if err := checkZip(zip, in.Str("Runtime")); err != nil {
		return nil, err
	}
	f := s.newFunction(name, in)
	f.upload(zip, in)
	f.touch(s)
	s.functions[name] = f
	return f.describe(), nil
}

// createOnly checks the members that only CreateFunction has.
func createOnly(in, code wire.Params) error {
	switch {
	case in.Flag("Publish"):
		return wire.Unserved("publishing in the same call")
	case in.Str("PackageType") == "Image" || code.Has("ImageUri"):
		return wire.Unserved("functions from images")
	case !code.Has("ZipFile") && !code.Has("S3Bucket"):
		return badParameter("Please provide a source for function code.")
	case in.Str("Runtime") == "" || in.Str("Handler") == "":
		return badParameter("Runtime and Handler are mandatory parameters for functions " +
			"created with deployment packages.")
	}
	return checkFunctionTags(in.Obj("Tags"))
}

func (s *State) newFunction(name string, in wire.Params) *function {
	f := &function{
		name: name, arn: functionARN(name), tags: in.Obj("Tags"), pending: s.Settle,
		permissions: make(map[string][]permission), urls: make(map[string]*functionURL),
		aliases: make(map[string]*alias),
		config: map[string]any{
			"FunctionName": name, "FunctionArn": functionARN(name), "Version": "$LATEST",
			"PackageType": "Zip", "Description": "", "Timeout": defaultTimeout,
			"MemorySize": defaultMemory, "Architectures": []any{"x86_64"},
			"EphemeralStorage":     map[string]any{"Size": defaultStorage},
			"TracingConfig":        map[string]any{"Mode": "PassThrough"},
			"SnapStart":            map[string]any{"ApplyOn": "None", "OptimizationStatus": "Off"},
			"RuntimeVersionConfig": map[string]any{"RuntimeVersionArn": runtimeVersionARN},
			"LoggingConfig":        logging(name, nil),
		},
	}
	f.configure(in)
	return f
}

// configure sets the settings that an input has.
func (f *function) configure(in wire.Params) {
	for _, name := range []string{
		"Runtime", "Role", "Handler", "Description", "Timeout", "MemorySize", "TracingConfig",
		"EphemeralStorage", "KMSKeyArn",
	} {
		if in.Has(name) {
			f.config[name] = in[name]
		}
	}
	if in.Has("LoggingConfig") {
		f.config["LoggingConfig"] = logging(f.name, in.Obj("LoggingConfig"))
	}
	if in.Has("VpcConfig") {
		f.join(in.Obj("VpcConfig"))
	}
	if in.Has("Environment") {
		delete(f.config, "Environment")
		if v := in.Obj("Environment").Obj("Variables"); len(v) > 0 {
			f.config["Environment"] = map[string]any{"Variables": map[string]any(v)}
		}
	}
}

// logging completes a LoggingConfig, which replaces the whole of the one before. The levels of logs
// in JSON are INFO unless they are set.
// (https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html)
func logging(name string, in wire.Params) map[string]any {
	out := map[string]any{"LogFormat": "Text", "LogGroup": "/aws/lambda/" + name}
	if in.Str("LogFormat") == "JSON" {
		out["ApplicationLogLevel"], out["SystemLogLevel"] = "INFO", "INFO"
	}
	maps.Copy(out, in)
	return out
}

// checkLogging refuses levels of logs in text.
func checkLogging(in wire.Params) error {
	levels := in.Has("ApplicationLogLevel") || in.Has("SystemLogLevel")
	if levels && in.Str("LogFormat") != "JSON" {
		return badParameter("Log level configuration is only supported for the JSON log format.")
	}
	return nil
}

// checkSettings checks what CreateFunction and UpdateFunctionConfiguration share.
func (s *State) checkSettings(in wire.Params) error {
	switch {
	case in.Num("Timeout") > maxTimeout:
		return wire.BreaksConstraint("timeout", in.Num("Timeout"),
			fmt.Sprintf("have value less than or equal to %d", maxTimeout))
	case in.Num("MemorySize") > maxMemory:
		return wire.BreaksConstraint("memorySize", in.Num("MemorySize"),
			fmt.Sprintf("have value less than or equal to %d", maxMemory))
	}
	for name, value := range in {
		if err := checkRare(name, value); err != nil {
			return err
		}
	}
	if err := checkEnvironment(in.Obj("Environment").StrMap("Variables")); err != nil {
		return err
	}
	if err := checkLogging(in.Obj("LoggingConfig")); err != nil {
		return err
	}
	if in.Has("Role") && !s.roles.CanAssume(in.Str("Role"), principal) {
		return badParameter("The role defined for the function cannot be assumed by Lambda.")
	}
	return s.checkVPC(in)
}

// checkRare refuses settings that are not served, unless they have their default.
func checkRare(name string, value any) error {
	switch name {
	case "DeadLetterConfig", "FileSystemConfigs", "ImageConfig", "Layers",
		"CodeSigningConfigArn", "CapacityProviderConfig", "DurableConfig", "TenancyConfig":
		if !wire.Blank(value) {
			return wire.Unserved(name)
		}
	case "SnapStart":
		if wire.Params(value.(map[string]any)).Str("ApplyOn") == "PublishedVersions" {
			return wire.Unserved(name)
		}
	}
	return nil
}

// checkEnvironment refuses Lambda's own variables, and more than 4 KB of variables.
// (https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html)
func checkEnvironment(variables map[string]string) error {
	reserved := []string{
		"_HANDLER", "_X_AMZN_TRACE_ID", "AWS_DEFAULT_REGION", "AWS_REGION", "AWS_EXECUTION_ENV",
		"AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_LAMBDA_FUNCTION_VERSION",
		"AWS_LAMBDA_INITIALIZATION_TYPE", "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME",
		"AWS_ACCESS_KEY", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN",
		"AWS_LAMBDA_RUNTIME_API", "LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR",
	}
	for _, name := range reserved {
		if _, ok := variables[name]; ok {
			return badParameter("Lambda was unable to configure your environment variables because "+
				"the environment variables you have provided contains reserved keys that are "+
				"currently not supported for modification. Reserved keys used in this request: %s", name)
		}
	}
	if all, _ := json.Marshal(variables); len(all) > maxEnvironment {
		return badParameter("Lambda was unable to configure your environment variables because the "+
			"environment variables you have provided exceeded the 4KB limit. String measured: %s", all)
	}
	return nil
}
