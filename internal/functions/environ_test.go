package functions_test

import (
	"maps"
	"net/http"
	"net/url"
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

// TestDirectEndpointIsForTheGatewayOnly lists which functions find the API of their host.
func TestDirectEndpointIsForTheGatewayOnly(t *testing.T) {
	const endpoint = "AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI"
	for name, tt := range map[string]struct {
		host *functions.Host
		env  map[string]string
		want bool
	}{
		"with an API":    {&functions.Host{API: http.NotFoundHandler()}, nil, true},
		"without an API": {&functions.Host{}, nil, false},
		"own endpoint": {
			&functions.Host{API: http.NotFoundHandler()},
			map[string]string{endpoint: "https://a/b"},
			false,
		},
		"own endpoint of all": {
			&functions.Host{
				API: http.NotFoundHandler(), Env: map[string]string{"TYG_ENDPOINT": "https://a/b"},
			}, nil, false,
		},
		"endpoint of other services": {
			&functions.Host{API: http.NotFoundHandler()},
			map[string]string{"AWS_ENDPOINT_URL": "https://a/b"},
			true,
		},
	} {
		tt.host.ManagementEndpoint = "http://127.0.0.1:8000/api"
		fn := self("orders")
		maps.Copy(fn.Env, tt.env)
		h := start(t, tt.host, fn)
		got := mustDo(t, h, order{Env: "TYG_DIRECT_ENDPOINT"}).Env
		address := mustDo(t, h, order{Env: "AWS_LAMBDA_RUNTIME_API"}).Env
		u, err := url.Parse(got)
		switch token, _ := u.User.Password(); {
		case err != nil:
			t.Errorf("%s: %v", name, err)
		case !tt.want && got != "":
			t.Errorf("%s: the variable is %q", name, got)
		case tt.want && (u.Host != address || u.Path != "/api" || len(token) < 20):
			t.Errorf("%s: the variable is %q, want a token at %s/api", name, got, address)
		}
	}
}
