package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tyg-dev/tyg/cmd/internal/cli"
	"github.com/tyg-dev/tyg/internal/awstest"
	"github.com/tyg-dev/tyg/internal/deploy"
	"github.com/tyg-dev/tyg/internal/sigv4"
)

// C31: a missing setting is one line on standard error, before the build.
func TestC31MissingSettingsAreOneLine(t *testing.T) {
	a := newAccount(t, "small", "echo-server")
	without := func(name string) {
		value := os.Getenv(name)
		os.Unsetenv(name)
		t.Cleanup(func() { os.Setenv(name, value) })
	}
	t.Run("profile", func(t *testing.T) {
		a.fails(cli.ExitFailure, "tyg: there is no AWS profile \"none\"; aws configure list-profiles "+
			"prints "+
			"the profiles\n", "deploy", "--profile", "none")
	})
	t.Run("region", func(t *testing.T) {
		t.Setenv("AWS_REGION", "")
		a.fails(cli.ExitFailure, "tyg: no AWS region is configured; set AWS_REGION, use --region, or "+
			"put a region into "+
			"~/.aws/config\n", "deploy")
	})
	t.Run("credentials", func(t *testing.T) {
		t.Setenv("AWS_ACCESS_KEY_ID", "")
		t.Setenv("AWS_SECRET_ACCESS_KEY", "")
		a.fails(cli.ExitFailure, "tyg: no valid AWS credentials; set AWS_ACCESS_KEY_ID and "+
			"AWS_SECRET_ACCESS_KEY, choose a profile with --profile, or run aws configure or aws sso "+
			"login: ", "deploy")
	})
	without("AWS_ENDPOINT_URL") // the flag does what it did
	if o := a.tyg("plan", "--endpoint-url", a.url); o.status != cli.ExitDiffers {
		t.Errorf("plan: status %d, stderr %s", o.status, o.stderr)
	}
	if made := a.Resources(); len(made) > 0 {
		t.Errorf("there is %q", made)
	}
}

// Without a server the command ends, and says what to check.
func TestPlanReportsARefusedConnection(t *testing.T) {
	newAccount(t, "small", "echo-server").fails(cli.ExitFailure,
		"Waiting 500ms to call AWS again: dial tcp 127.0.0.1:1: connect: connection refused\n"+
			"tyg: look up the account of these credentials: cannot connect: is this machine online, "+
			"are --endpoint-url and AWS_ENDPOINT_URL right",
		"plan", "--endpoint-url", "http://127.0.0.1:1")
}

// A profile of the configuration counts where no flag and no variable name another one.
func TestProfileOfTheConfigurationIsTheDefault(t *testing.T) {
	a := newAccount(t, "small", "echo-server")
	id, secret := a.Key()
	a.configure(`"version": "2.0",`, `"version": "2.0", "profile": "work",`)
	keys := "[work]\naws_access_key_id = " + id + "\naws_secret_access_key = " + secret + "\n"
	if err := os.WriteFile(os.Getenv("AWS_SHARED_CREDENTIALS_FILE"), []byte(keys), 0o600); err != nil {
		t.Fatal(err)
	}
	a.must("deploy") // with the keys of the environment
	t.Setenv("AWS_ACCESS_KEY_ID", "")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "")
	a.must("plan")
	a.fails(cli.ExitFailure, "tyg: there is no AWS profile \"other\"", "plan", "--profile", "other")
}

// So does a region, and a key that has no effect on AWS is named.
func TestRegionOfTheConfigurationIsTheDefault(t *testing.T) {
	a := newAccount(t, "small", "echo-server")
	t.Setenv("AWS_REGION", "")
	a.configure(`"version": "2.0",`, `"version": "2.0", "region": "`+awstest.Region+`", `+
		`"origins": ["https://a.example"],`)
	o := a.tyg("deploy")
	const warning = "tyg: warning: .tyg/config.json: tyg deploy does not use origins " +
		"(API Gateway lets all pages connect)\n"
	if o.status != cli.ExitOK || strings.Count(o.stderr, warning) != 1 {
		t.Errorf("status %d, stderr %s", o.status, o.stderr)
	}
}

// A refusal names the action and what it was for.
func TestDeployReportsDeniedCalls(t *testing.T) {
	a := newAccount(t, "small", "echo-server")
	a.SetFault(func(_ int, _, operation string) awstest.Fault {
		if operation == "CreateRole" {
			return awstest.Deny
		}
		return awstest.None
	})
	o := a.tyg("deploy")
	for _, part := range []string{"iam:CreateRole", "arn:aws:iam::123456789012:role/echo-server-dev"} {
		if o.status != cli.ExitFailure || !strings.Contains(o.stderr, part) {
			t.Errorf("status %d, stderr %q, which should have %q", o.status, o.stderr, part)
		}
	}
	a.SetFault(nil)
	a.must("deploy")
}

// A stage stays in its account and region, under its name.
func TestDeployToAnotherRegionOrAccountIsRefused(t *testing.T) {
	a := newAccount(t, "small", "echo-server")
	a.must("deploy")
	there := a.Resources()
	a.fails(cli.ExitFailure, "tyg: this stage is deployed in region us-west-2, and the region is "+
		"us-east-1",
		"deploy", "--region", "us-east-1")
	a.configure(`"app_name": "echo-server"`, `"app_name": "echo"`)
	a.fails(cli.ExitFailure, "tyg: stage \"dev\" is deployed with app_name \"echo-server\", which "+
		"is now \"echo\"; "+
		"restore the name, or run tyg delete --stage dev first\n", "deploy")
	file := filepath.Join(".tyg", "deployed", "dev.json")
	a.edit(file, `"account_id": "`+awstest.Account, `"account_id": "210987654321`)
	a.fails(cli.ExitFailure, "tyg: this stage is deployed in account 210987654321, "+
		"and the credentials belong to account "+awstest.Account, "delete", "--yes")
	if got := a.Resources(); strings.Join(got, " ") != strings.Join(there, " ") {
		t.Errorf("there is %q, and was %q", got, there)
	}
}

// The region of a deployed stage is the default of later commands.
func TestRegionOfTheStageIsTheDefault(t *testing.T) {
	a := newAccount(t, "small", "echo-server")
	a.must("deploy")
	t.Setenv("AWS_REGION", "")
	a.must("plan")
	a.must("delete", "--yes")
}

// A table that is there already is used if it has the keys, and is in the way otherwise. It stays.
func TestExistingTableIsAdopted(t *testing.T) {
	a := newAccount(t, "small", "echo-server")
	a.createTable("rooms", "PK", "SK")
	a.configure(`"version": "2.0",`, `"version": "2.0", "tables": {"rooms": {
		"table_name": "rooms", "partition_key": {"name": "PK"},
		"sort_key": {"name": "id", "type": "S"}}},`)
	o := a.tyg("deploy")
	if o.status != cli.ExitFailure || !strings.Contains(o.stderr, "rooms") {
		t.Errorf("status %d, stderr %q", o.status, o.stderr)
	}
	if got := a.Resources(); len(got) != 1 {
		t.Errorf("there is %q, want the table only", got)
	}
	a.configure(`"name": "id"`, `"name": "SK"`)
	a.must("deploy")
	const stays = "  - rooms (not created by tyg; aws dynamodb delete-table --table-name rooms " +
		"--region us-west-2)\n"
	if got := a.must("delete", "--yes", "--tables"); !strings.HasSuffix(got, stays) {
		t.Errorf("delete printed\n%s\nwant at its end\n%s", got, stays)
	}
}

func TestDeleteRequiresConfirmation(t *testing.T) {
	a := newAccount(t, "small", "echo-server")
	a.fails(cli.ExitOK, "tyg: stage dev is not deployed: account 123456789012 has nothing of it in "+
		"region us-west-2\n", "delete")
	a.must("deploy")
	a.fails(cli.ExitFailure, "tyg: delete asks for confirmation, and there is no terminal; use "+
		"--yes\n", "delete")
	var report struct {
		Stage   string
		Deleted []deploy.Step
		Tables  []string `json:"tables_left"`
	}
	o := a.tyg("delete", "--yes", "--json")
	if err := json.Unmarshal([]byte(o.stdout), &report); err != nil || report.Stage != "dev" ||
		len(report.Deleted) != 4 || report.Tables == nil {
		t.Errorf("delete --json: %v\n%s", err, o.stdout)
	}
}

func TestGenPolicy(t *testing.T) {
	a := newAccount(t, "small", "my-chat")
	a.configure(`"version": "2.0",`,
		`"version": "2.0", "tables": {"rooms": {"partition_key": {"name": "PK"}}},`)
	policy := func(args ...string) string {
		t.Helper()
		text := a.must(append([]string{"gen-policy"}, args...)...)
		var p deploy.Policy
		if err := json.Unmarshal([]byte(text), &p); err != nil || len(p.Statement) == 0 {
			t.Errorf("%q printed no policy: %v\n%s", args, err, text)
		}
		return text
	}
	wantParts(t, policy(), "arn:aws:execute-api:us-west-2:123456789012:*/api/*/@connections/*",
		"arn:aws:dynamodb:us-west-2:123456789012:table/my-chat-dev-rooms")
	wantParts(t, policy("--deployer"), "lambda:CreateFunction",
		"arn:aws:iam::123456789012:role/my-chat-dev")
	a.must("deploy")
	t.Setenv("AWS_ACCESS_KEY_ID", "") // the state file knows
	t.Setenv("AWS_SECRET_ACCESS_KEY", "")
	wantParts(t, policy(),
		"arn:aws:execute-api:us-west-2:123456789012:"+a.id()+"/api/*/@connections/*")
	wantParts(t, policy("--stage", "prod", "--region", "cn-north-1"),
		"arn:aws-cn:logs:cn-north-1:*:log-group")
	// The policy to begin with does not need the one that is to be.
	a.configure(`"version": "2.0",`,
		`"version": "2.0", "autogen_policy": false, "iam_policy_file": "mine.json",`)
	if got := policy(); !strings.Contains(got, "logs:PutLogEvents") {
		t.Errorf("the policy to begin with is\n%s", got)
	}
}

// TestGenPolicyIncludesUndeclaredTables takes a table out of the configuration, which "delete
// --tables" still deletes. The functions need it no more.
func TestGenPolicyIncludesUndeclaredTables(t *testing.T) {
	a := newAccount(t, "small", "my-chat")
	const rooms = ` "tables": {"rooms": {"partition_key": {"name": "PK"}}},`
	a.configure(`"version": "2.0",`, `"version": "2.0",`+rooms)
	a.must("deploy")
	const arn = "arn:aws:dynamodb:us-west-2:123456789012:table/my-chat-dev-rooms"
	if got := strings.Count(a.must("gen-policy", "--deployer"), arn); got != 1 {
		t.Errorf("the table is in the policy %d times", got)
	}
	a.configure(rooms, "")
	wantParts(t, a.must("gen-policy", "--deployer"), arn, "dynamodb:DeleteTable")
	if got := a.must("gen-policy"); strings.Contains(got, arn) {
		t.Errorf("the functions may use what is not declared:\n%s", got)
	}
}

// createTable makes a table without tyg.
func (a *account) createTable(name, partition, sort string) {
	a.t.Helper()
	body := fmt.Sprintf(`{"TableName": %q, "BillingMode": "PAY_PER_REQUEST",
		"KeySchema": [{"AttributeName": %q, "KeyType": "HASH"},
			{"AttributeName": %q, "KeyType": "RANGE"}],
		"AttributeDefinitions": [{"AttributeName": %[2]q, "AttributeType": "S"},
			{"AttributeName": %[3]q, "AttributeType": "S"}]}`, name, partition, sort)
	r, err := http.NewRequest(http.MethodPost, a.url+"/", strings.NewReader(body))
	if err != nil {
		a.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-amz-json-1.0")
	r.Header.Set("X-Amz-Target", "DynamoDB_20120810.CreateTable")
	id, secret := a.Key()
	key := sigv4.Credentials{AccessKeyID: id, SecretAccessKey: secret}
	sigv4.Sign(r, []byte(body), key, awstest.Region, "dynamodb", time.Now())
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		a.t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		a.t.Fatalf("create table: %s", resp.Status)
	}
}

func wantParts(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("there is no %q in\n%s", part, text)
		}
	}
}

// In the directory of a project of another tool, errors say how its template runs.
func TestErrorsMentionTheTemplate(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("serverless.yml", []byte("x: 1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	const want = "\nserverless.yml is here; tyg local --template serverless.yml runs its functions\n"
	for verb, mentions := range map[string]bool{
		"plan": true, "url": true, "logs": true, "import --from chalice --yes": false, // which reads one
	} {
		var stderr strings.Builder
		e := &cli.Env{
			Stdin: strings.NewReader(""), Stdout: io.Discard, Stderr: &stderr, Getenv: os.Getenv,
		}
		if status := run(t.Context(), strings.Fields(verb), e); status != cli.ExitFailure ||
			strings.HasSuffix(stderr.String(), want) != mentions {
			t.Errorf("%s exits with %d and says %s", verb, status, &stderr)
		}
	}
}
