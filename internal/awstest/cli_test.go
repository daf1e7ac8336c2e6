package awstest_test

import (
	"encoding/json"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/tyg-dev/tyg/internal/awstest"
)

// A cli runs AWS's own command line against a server.
type cli struct {
	*testing.T
	env []string
	url string
}

// newCLI skips the test unless it is asked for: each command takes a second.
func newCLI(t *testing.T) (*cli, *awstest.Cloud) {
	t.Helper()
	if os.Getenv("TYG_TEST_AWSCLI") == "" {
		t.Skip("the AWS CLI was not run: TYG_TEST_AWSCLI is not set")
	}
	t.Parallel()
	c := awstest.New()
	srv := httptest.NewServer(c)
	t.Cleanup(func() {
		srv.Close()
		for _, v := range c.Violations() {
			t.Errorf("violation: %s", v)
		}
	})
	id, secret := c.Key()
	none := filepath.Join(t.TempDir(), "none")
	return &cli{t, append(os.Environ(),
		"AWS_ACCESS_KEY_ID="+id, "AWS_SECRET_ACCESS_KEY="+secret, "AWS_SESSION_TOKEN=",
		"AWS_REGION="+awstest.Region, "AWS_DEFAULT_REGION="+awstest.Region,
		"AWS_CONFIG_FILE="+none, "AWS_SHARED_CREDENTIALS_FILE="+none, "AWS_PAGER=",
		"AWS_DEFAULT_OUTPUT=json"), srv.URL}, c
}

// run runs a command, which must succeed, and returns what it prints.
func (c *cli) run(args ...string) map[string]any {
	c.Helper()
	args = append([]string{"--endpoint-url", c.url}, args...)
	cmd := exec.CommandContext(c.Context(), "aws", args...)
	cmd.Env = c.env
	out, err := cmd.Output()
	if err != nil {
		text := []byte{}
		if e, ok := err.(*exec.ExitError); ok {
			text = e.Stderr
		}
		c.Fatalf("aws %q: %v: %s", args, err, text)
	}
	answer := make(map[string]any)
	if len(out) > 0 {
		if err := json.Unmarshal(out, &answer); err != nil {
			c.Fatalf("aws %q: %v: %s", args, err, out)
		}
	}
	return answer
}

// empty fails the test if anything is left in the account.
func (c *cli) empty(cloud *awstest.Cloud) {
	c.Helper()
	if got := cloud.Resources(); len(got) > 0 {
		c.Errorf("%q, want nothing", got)
	}
}

// The AWS CLI has its own models and its own code for each protocol. Its requests must have no
// violations, and it must understand the responses.
func TestCLIRole(t *testing.T) {
	aws, c := newCLI(t)
	if got := aws.run("sts", "get-caller-identity")["Account"]; got != awstest.Account {
		t.Errorf("account %v", got)
	}
	aws.run("iam", "create-role", "--role-name", "r", "--tags", "Key=a,Value=b",
		"--assume-role-policy-document", lambdaTrust)
	aws.run("iam", "attach-role-policy", "--role-name", "r", "--policy-arn", basicRole)
	for _, name := range []string{"a", "b", "c"} {
		aws.run("iam", "put-role-policy", "--role-name", "r", "--policy-name", name,
			"--policy-document", somePolicy)
	}
	got := aws.run("iam", "get-role-policy", "--role-name", "r", "--policy-name", "a")
	if _, ok := got["PolicyDocument"].(object); !ok {
		t.Errorf("the CLI did not decode the policy: %v", got)
	}
	names := aws.run("iam", "list-role-policies", "--role-name", "r")["PolicyNames"].([]any)
	if len(names) != 3 {
		t.Errorf("policies %v, want 3 on two pages", names)
	}
	for _, name := range names {
		aws.run("iam", "delete-role-policy", "--role-name", "r", "--policy-name", name.(string))
	}
	aws.run("iam", "detach-role-policy", "--role-name", "r", "--policy-arn", basicRole)
	aws.run("iam", "delete-role", "--role-name", "r")
	aws.empty(c)
}

func TestCLILogs(t *testing.T) {
	aws, c := newCLI(t)
	aws.run("logs", "create-log-group", "--log-group-name", "g", "--tags", "a=b")
	aws.run("logs", "put-retention-policy", "--log-group-name", "g", "--retention-in-days", "7")
	groups := aws.run("logs", "describe-log-groups")["logGroups"].([]any)
	if days := groups[0].(object)["retentionInDays"]; days != 7.0 {
		t.Errorf("retention %v", days)
	}
	aws.run("logs", "create-log-stream", "--log-group-name", "g", "--log-stream-name", "s")
	aws.run("logs", "put-log-events", "--log-group-name", "g", "--log-stream-name", "s",
		"--log-events", "timestamp=1,message=a", "timestamp=2,message=b", "timestamp=3,message=c")
	events := aws.run("logs", "filter-log-events", "--log-group-name", "g")["events"].([]any)
	if len(events) != 3 {
		t.Errorf("events %v, want 3 on several pages", events)
	}
	aws.run("logs", "delete-log-group", "--log-group-name", "g")
	aws.empty(c)
}

func TestCLITable(t *testing.T) {
	aws, c := newCLI(t)
	c.Settle = 0 // the CLI waits 20 s between two polls
	aws.run("dynamodb", "create-table", "--table-name", "chat", "--billing-mode", "PAY_PER_REQUEST",
		"--attribute-definitions", "AttributeName=PK,AttributeType=S", "AttributeName=SK,AttributeType=S",
		"--key-schema", "AttributeName=PK,KeyType=HASH", "AttributeName=SK,KeyType=RANGE")
	aws.run("dynamodb", "wait", "table-exists", "--table-name", "chat")
	aws.run("dynamodb", "update-time-to-live", "--table-name", "chat",
		"--time-to-live-specification", "Enabled=true,AttributeName=expires")
	aws.run("dynamodb", "put-item", "--table-name", "chat",
		"--item", `{"PK":{"S":"a"},"SK":{"S":"b"},"n":{"N":"1"}}`)
	item := aws.run("dynamodb", "get-item", "--table-name", "chat",
		"--key", `{"PK":{"S":"a"},"SK":{"S":"b"}}`)["Item"].(object)
	if n := item["n"].(object)["N"]; n != "1" {
		t.Errorf("item %v", item)
	}
	aws.run("dynamodb", "delete-table", "--table-name", "chat")
	aws.run("dynamodb", "wait", "table-not-exists", "--table-name", "chat")
	aws.empty(c)
}

func TestCLIStack(t *testing.T) {
	aws, c := newCLI(t)
	c.Settle = 0 // the CLI waits for nothing by itself
	role := aws.run("iam", "create-role", "--role-name", "r",
		"--assume-role-policy-document", lambdaTrust)["Role"].(object)["Arn"].(string)
	zip := filepath.Join(t.TempDir(), "f.zip")
	if err := os.WriteFile(zip, archive(t, entry{"bootstrap", 0o755, "x"}), 0o600); err != nil {
		t.Fatal(err)
	}
	function := aws.run("lambda", "create-function", "--function-name", "f", "--role", role,
		"--runtime", "provided.al2023", "--handler", "bootstrap", "--zip-file", "fileb://"+zip,
		"--architectures", "arm64")["FunctionArn"].(string)
	aws.run("lambda", "get-function", "--function-name", "f")
	api := aws.run("apigatewayv2", "create-api", "--name", "n", "--protocol-type", "WEBSOCKET",
		"--route-selection-expression", "$request.body.action")["ApiId"].(string)
	integration := aws.run("apigatewayv2", "create-integration", "--api-id", api,
		"--integration-type", "AWS_PROXY", "--integration-uri", "arn:aws:apigateway:"+
			awstest.Region+":lambda:path/2015-03-31/functions/"+function+"/invocations",
	)["IntegrationId"].(string)
	aws.run("apigatewayv2", "create-route", "--api-id", api, "--route-key", "$default",
		"--target", "integrations/"+integration)
	deployment := aws.run("apigatewayv2", "create-deployment", "--api-id", api)["DeploymentId"]
	aws.run("apigatewayv2", "create-stage", "--api-id", api, "--stage-name", "dev",
		"--deployment-id", deployment.(string))
	aws.run("lambda", "add-permission", "--function-name", "f", "--statement-id", "s",
		"--action", "lambda:InvokeFunction", "--principal", "apigateway.amazonaws.com",
		"--source-arn", "arn:aws:execute-api:"+awstest.Region+":"+awstest.Account+":"+api+"/*")
	if _, err := c.Live(api, "dev"); err != nil {
		t.Errorf("what the CLI made does not run: %v", err)
	}
	aws.run("apigatewayv2", "delete-api", "--api-id", api)
	aws.run("lambda", "delete-function", "--function-name", "f")
	aws.run("iam", "delete-role", "--role-name", "r")
	aws.empty(c)
}
