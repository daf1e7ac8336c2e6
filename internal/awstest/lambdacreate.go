package awstest

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
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
	runtimeVersionARN = "arn:aws:lambda:" + Region + "::runtime:0000000000000000"
)

func createFunction(c *Cloud, in params) (map[string]any, error) {
	name := functionName(in.str("FunctionName"))
	if len(name) > maxFunctionName {
		return nil, tooLarge("functionName", name, fmt.Sprintf("have length less than or equal to %d",
			maxFunctionName))
	}
	if c.lambda.functions[name] != nil {
		return nil, conflict("Function already exist: %s", name)
	}
	code := in.obj("Code")
	if err := createOnly(in, code); err != nil {
		return nil, err
	}
	if err := checkSettings(c, in); err != nil {
		return nil, err
	}
	if err := checkZip(code.blob("ZipFile"), in.str("Runtime")); err != nil {
		return nil, err
	}
	f := newFunction(c, name, in)
	f.upload(code.blob("ZipFile"), in)
	f.touch(c)
	c.lambda.functions[name] = f
	return f.describe(), nil
}

// createOnly checks what only a new function says.
func createOnly(in, code params) error {
	switch {
	case in.flag("Publish"):
		return unserved("versions of functions")
	case in.str("PackageType") == "Image" || code.has("ImageUri"):
		return unserved("functions from images")
	case code.has("S3Bucket"):
		return unserved("code in S3")
	case !code.has("ZipFile"):
		return badParameter("Please provide a source for function code.")
	case in.str("Runtime") == "" || in.str("Handler") == "":
		return badParameter("Runtime and Handler are mandatory parameters for functions " +
			"created with deployment packages.")
	}
	return checkFunctionTags(in.obj("Tags"))
}

func newFunction(c *Cloud, name string, in params) *function {
	f := &function{
		name: name, arn: functionARN(c, name), tags: in.obj("Tags"), pending: c.Settle,
		config: map[string]any{
			"FunctionName": name, "FunctionArn": functionARN(c, name), "Version": "$LATEST",
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

// configure takes over the settings that an input has.
func (f *function) configure(in params) {
	for _, name := range []string{
		"Runtime", "Role", "Handler", "Description", "Timeout", "MemorySize", "TracingConfig",
		"EphemeralStorage",
	} {
		if in.has(name) {
			f.config[name] = in[name]
		}
	}
	if in.has("LoggingConfig") {
		f.config["LoggingConfig"] = logging(f.name, in.obj("LoggingConfig"))
	}
	if in.has("Environment") {
		delete(f.config, "Environment")
		if v := in.obj("Environment").obj("Variables"); len(v) > 0 {
			f.config["Environment"] = map[string]any{"Variables": map[string]any(v)}
		}
	}
}

// logging completes a LoggingConfig.
func logging(name string, in params) map[string]any {
	out := map[string]any{"LogFormat": "Text", "LogGroup": "/aws/lambda/" + name}
	maps.Copy(out, in)
	return out
}

// checkSettings checks what CreateFunction and UpdateFunctionConfiguration share.
func checkSettings(c *Cloud, in params) error {
	switch {
	case in.num("Timeout") > maxTimeout:
		return tooLarge("timeout", in.num("Timeout"),
			fmt.Sprintf("have value less than or equal to %d", maxTimeout))
	case in.num("MemorySize") > maxMemory:
		return tooLarge("memorySize", in.num("MemorySize"),
			fmt.Sprintf("have value less than or equal to %d", maxMemory))
	}
	for name, value := range in {
		if err := checkRare(name, value); err != nil {
			return err
		}
	}
	if err := checkEnvironment(in.obj("Environment").strMap("Variables")); err != nil {
		return err
	}
	if in.has("Role") && !c.lambdaMayAssume(in.str("Role")) {
		return badParameter("The role defined for the function cannot be assumed by Lambda.")
	}
	return nil
}

// checkRare refuses settings that are not served, unless they say what is so anyway.
func checkRare(name string, value any) error {
	switch name {
	case "DeadLetterConfig", "FileSystemConfigs", "ImageConfig", "KMSKeyArn", "Layers", "VpcConfig",
		"CodeSigningConfigArn", "CapacityProviderConfig", "DurableConfig", "TenancyConfig":
		if !blank(value) {
			return unserved(name)
		}
	case "SnapStart":
		if params(value.(map[string]any)).str("ApplyOn") == "PublishedVersions" {
			return unserved(name)
		}
	}
	return nil
}

// blank tells whether there is nothing in a value: false, "", or only blank members.
func blank(value any) bool {
	switch v := value.(type) {
	case nil:
		return true
	case bool:
		return !v
	case string:
		return v == ""
	case []any:
		return len(v) == 0
	case map[string]any:
		return !slices.ContainsFunc(slices.Collect(maps.Values(v)), func(v any) bool { return !blank(v) })
	}
	return false
}

// checkEnvironment refuses Lambda's own variables and more than there is room for.
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

// lambdaMayAssume tells whether Lambda can become a role, which it may not know yet.
func (c *Cloud) lambdaMayAssume(arn string) bool {
	r := c.roleByARN(arn)
	return r != nil && c.assumable(r, "lambda.amazonaws.com")
}

func tooLarge(member string, value any, must string) error {
	return invalid("1 validation error detected: Value '%v' at '%s' failed to satisfy constraint: "+
		"Member must %s", value, member, must)
}
