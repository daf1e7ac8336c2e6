package application

import (
	"reflect"
	"testing"

	"github.com/tyg-dev/tyg/cmd/internal/project"
	"github.com/tyg-dev/tyg/internal/deploy"
)

// C18: what the top level says of one function counts, and maps of all levels are merged.
func TestC18MapsOfAllLevelsAreMerged(t *testing.T) {
	app := mustApplication(t, `{
		"environment_variables": {"A": "top", "B": "top", "C": "top", "D": "top"},
		"tags": {"a": "top", "b": "top"},
		"lambda_functions": {"websocket_message": {
			"environment_variables": {"B": "top function", "C": "top function", "D": "top function"},
			"tags": {"b": "top function"}
		}},
		"stages": {"dev": {
			"environment_variables": {"C": "stage", "D": "stage"},
			"lambda_functions": {"websocket_message": {"environment_variables": {"D": "stage function"}}}
		}}
	}`, describing("$connect", "$default"))
	want := map[string]string{"A": "top", "B": "top function", "C": "stage", "D": "stage function"}
	if got := find(t, app, MessageFunction).Environment; !reflect.DeepEqual(got, want) {
		t.Errorf("environment of messages is %v, want %v", got, want)
	}
	want = map[string]string{"A": "top", "B": "top", "C": "stage", "D": "stage"}
	if got := find(t, app, ConnectFunction).Environment; !reflect.DeepEqual(got, want) {
		t.Errorf("environment of connect is %v, want %v", got, want)
	}
	want = map[string]string{"a": "top", "b": "top function"}
	if got := find(t, app, MessageFunction).Tags; !reflect.DeepEqual(got, want) {
		t.Errorf("tags of messages are %v, want %v", got, want)
	}
	want = map[string]string{"a": "top", "b": "top"}
	if got := app.Tags; !reflect.DeepEqual(got, want) {
		t.Errorf("tags of all are %v, want %v", got, want)
	}
}

// C19: a variable that is not text is an error with its line, before any other step.
func TestC19VariablesAreText(t *testing.T) {
	_, err := project.ParseConfig([]byte("{\"environment_variables\": {\n\"PORT\": 80}}"))
	wantError(t, err, `2: "environment_variables.PORT" must be a string, not number`)
}

// C21: by default functions time out when API Gateway stops waiting for them.
func TestC21TimeoutIsThatOfAPIGateway(t *testing.T) {
	app := mustApplication(t, `{"lambda_functions": {"websocket_connect": {"lambda_timeout": 60}}}`,
		describing("$connect", "$default"))
	if got := find(t, app, MessageFunction).Timeout; got != 29 {
		t.Errorf("the default timeout is %d seconds, want 29", got)
	}
	if got := find(t, app, ConnectFunction).Timeout; got != 60 {
		t.Errorf("the timeout is %d seconds, want the 60 that are configured", got)
	}
}

func TestFunctionsAsConfigured(t *testing.T) {
	app := mustApplication(t, `{
		"lambda_memory_size": 256, "layers": ["a"], "xray": true, "reserved_concurrency": 3,
		"subnet_ids": ["s"], "security_group_ids": ["g"], "log_retention_in_days": 7,
		"lambda_architecture": "x86_64",
		"stages": {"dev": {"layers": [], "xray": false, "lambda_functions": {
			"websocket_message": {"lambda_memory_size": 512, "reserved_concurrency": 0}
		}}}
	}`, describing("$connect", "$default"))
	message, connect := find(t, app, MessageFunction), find(t, app, ConnectFunction)
	if message.MemorySize != 512 || connect.MemorySize != 256 {
		t.Errorf("memory is %d and %d, want 512 and 256", message.MemorySize, connect.MemorySize)
	}
	if *message.ReservedConcurrency != 0 || *connect.ReservedConcurrency != 3 {
		t.Errorf("concurrency is %d and %d, want 0 and 3", *message.ReservedConcurrency,
			*connect.ReservedConcurrency)
	}
	if len(connect.Layers) > 0 || connect.XRay {
		t.Errorf("the stage has no layers and no tracing, but the function has %q, %v", connect.Layers,
			connect.XRay)
	}
	if *connect.LogRetention != 7 || connect.Architecture != "x86_64" || connect.SubnetIDs[0] != "s" ||
		connect.SecurityGroupIDs[0] != "g" {
		t.Errorf("the function is %+v", connect)
	}
}

func TestRoles(t *testing.T) {
	const policy = `{"Version": "2012-10-17", "Statement": []}`
	tests := []struct {
		name, config string
		files        map[string]string
		want         deploy.Role
		wantErr      string
	}{
		{name: "generated", config: `{}`, want: deploy.Role{LogicalName: "default-role"}},
		{
			name: "own policy", config: `{"autogen_policy": false}`,
			files: map[string]string{"policy-dev.json": policy},
			want:  deploy.Role{LogicalName: "websocket_message_role", Policy: []byte(policy)},
		},
		{
			name: "own policy by name", config: `{"autogen_policy": false, "iam_policy_file": "other.json"}`,
			files: map[string]string{"other.json": policy},
			want:  deploy.Role{LogicalName: "websocket_message_role", Policy: []byte(policy)},
		},
		{
			name:   "existing role",
			config: `{"manage_iam_role": false, "iam_role_arn": "arn:aws:iam::123456789012:role/r"}`,
			want:   deploy.Role{ARN: "arn:aws:iam::123456789012:role/r"},
		},
		{
			name: "policy is missing", config: `{"autogen_policy": false}`,
			wantErr: ".tyg/config.json: function websocket_message: read IAM policy: open ",
		},
		{
			name: "policy is no JSON", config: `{"autogen_policy": false}`,
			files: map[string]string{"policy-dev.json": "Version: 1"},
			wantErr: ".tyg/config.json: function websocket_message: the IAM policy .tyg/policy-dev.json " +
				"is not JSON",
		},
		{
			name: "no role", config: `{"manage_iam_role": false}`,
			wantErr: `.tyg/config.json: function websocket_message: "manage_iam_role": false requires`,
		},
		{
			name: "role without use", config: `{"iam_role_arn": "arn"}`,
			wantErr: `.tyg/config.json: iam_role_arn has no effect without "manage_iam_role": false`,
		},
		{
			name: "policy without use", config: `{"iam_policy_file": "a.json"}`,
			wantErr: `.tyg/config.json: iam_policy_file has no effect without "autogen_policy": false`,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			app, err := applicationOf(t, test.config, describing("$default"), test.files)
			if test.wantErr != "" {
				wantError(t, err, test.wantErr)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := app.Functions[0].Role; !reflect.DeepEqual(got, test.want) {
				t.Errorf("role is %+v, want %+v", got, test.want)
			}
		})
	}
}
