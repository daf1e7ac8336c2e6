package application

import (
	"fmt"
	"testing"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/internal/deploy"
)

// TestPolicyStatements: those of the stage are in the role that functions share, and a function
// with statements of its own has a role of its own.
func TestPolicyStatements(t *testing.T) {
	app := mustApplication(t, `{
		"role_path": "/service/", "permissions_boundary": "arn:aws:iam::123456789012:policy/limit",
		"policy_statements": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": ["*"]}],
		"lambda_functions": {"websocket_connect": {"policy_statements": [
			{"Sid": "A", "Effect": "Deny", "NotAction": ["a:b"], "NotResource": "x",
				"Condition": {"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}}
		]}}
	}`, describing("$connect", "$default"))
	for function, want := range map[string]string{
		MessageFunction: `default-role [{"Action":["s3:GetObject"],"Effect":"Allow","Resource":["*"]}]`,
		ConnectFunction: `websocket_connect_role [{"Condition":{"StringEquals":` +
			`{"aws:RequestedRegion":["eu-west-1"]}},"Effect":"Deny","NotAction":["a:b"],` +
			`"NotResource":["x"],"Sid":"A"}]`,
	} {
		role := find(t, app, function).Role
		if got := fmt.Sprintf("%s %s", role.LogicalName, role.Statements); got != want {
			t.Errorf("the role of %s is %s, want %s", function, got, want)
		}
	}
	if app.RolePath != "/service/" || app.PermissionsBoundary == "" {
		t.Errorf("the path is %q, the boundary %q", app.RolePath, app.PermissionsBoundary)
	}
	wantError(t, applicationError(t, `{"manage_iam_role": false, "iam_role_arn": "arn",
		"policy_statements": [
		{"Effect": "Allow", "Action": "a:b", "Resource": "*"}]}`, describing("$default")),
		".tyg/config.json: policy_statements are added to a generated policy")
}

// TestConnectAuthorization: API Gateway needs the route $connect, whatever the program handles.
func TestConnectAuthorization(t *testing.T) {
	app := mustApplication(t, `{"connect": {"authorization": "iam", "api_key_required": true}}`,
		describing("$default"))
	if !app.API.IAM || !app.API.APIKey || app.API.Routes[0].Key != tyg.RouteConnect {
		t.Errorf("the API is %+v", app.API)
	}
	app = mustApplication(t, `{"connect": {"authorizer": {"function_arn": "f", "role_arn": "r",
		"identity_sources": ["s"]}}}`, describing("$default"))
	want := deploy.Authorizer{ARN: "f", RoleARN: "r", IdentitySources: []string{"s"}}
	if got := fmt.Sprint(*app.API.Authorizer); got != fmt.Sprint(want) {
		t.Errorf("the authorizer is %s, want %v", got, want)
	}
	for _, config := range []string{
		`{"connect": {"authorization": "iam"}}`, `{"connect": {"authorizer": {"function_arn": "f"}}}`,
	} {
		wantError(t, applicationError(t, config, guarded(describing("$connect"))),
			".tyg/config.json: connect: the program has OnAuthorize")
	}
	mustApplication(t, `{"connect": {"api_key_required": true}}`, guarded(describing("$connect")))
	wantError(t, applicationError(t, `{"connect": {"authorizer": {}}}`, describing("$default")),
		".tyg/config.json: connect.authorizer: function_arn is not given")
}

func applicationError(t *testing.T, config string, d tyg.Description) error {
	t.Helper()
	_, err := applicationOf(t, config, d, nil)
	return err
}
