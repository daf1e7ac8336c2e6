package functions_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/tyg-dev/tyg/internal/functions"
)

// TestEnvironmentHasLambdaVariables lists the variables of a function, and which source wins.
func TestEnvironmentHasLambdaVariables(t *testing.T) {
	dir := t.TempDir()
	program, err := filepath.Abs(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	fn := self("orders")
	fn.Command, fn.Dir = []string{program}, dir
	fn.MemorySize, fn.Handler = 512, "app.message"
	fn.Env["TABLE"] = "of the function"
	fn.Env["AWS_LAMBDA_RUNTIME_API"] = "ignored"
	h := start(t, &functions.Host{
		Environ: []string{
			"BASE=b", "TABLE=of the machine", "_HANDLER=ignored", "AWS_SESSION_TOKEN=stale",
		},
		Env:                map[string]string{"TABLE": "of the host", "STAGE": "dev"},
		Region:             "eu-west-1",
		Credentials:        functions.Credentials{AccessKeyID: "AKID", SecretAccessKey: "secret"},
		ManagementEndpoint: "http://127.0.0.1:8000/api",
		InvokeEndpoint:     "http://127.0.0.1:9001",
	}, fn)
	for name, want := range map[string]string{
		"BASE":                            "b",
		"STAGE":                           "dev",
		"TABLE":                           "of the function",
		"_HANDLER":                        "app.message",
		"AWS_REGION":                      "eu-west-1",
		"AWS_DEFAULT_REGION":              "eu-west-1",
		"AWS_ACCESS_KEY_ID":               "AKID",
		"AWS_SECRET_ACCESS_KEY":           "secret",
		"AWS_SESSION_TOKEN":               "",
		"AWS_LAMBDA_FUNCTION_NAME":        "f",
		"AWS_LAMBDA_FUNCTION_VERSION":     "$LATEST",
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
		"AWS_LAMBDA_INITIALIZATION_TYPE":  "on-demand",
		"AWS_LAMBDA_LOG_GROUP_NAME":       "/aws/lambda/f",
		"AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI": "http://127.0.0.1:8000/api",
		"TYG_GROUPS_ENDPOINT":                      "http://127.0.0.1:8000/api",
		"TYG_INVOKE_ENDPOINT":                      "http://127.0.0.1:9001",
		"LAMBDA_TASK_ROOT":                         dir,
		"TZ":                                       ":UTC",
		"HOME":                                     "", // this process has it, and Environ does not
	} {
		if got := mustDo(t, h, order{Env: name}).Env; got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}
