package main

import (
	"context"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg/cmd/internal/cli"
	"github.com/tyg-dev/tyg/internal/awstest"
)

const resourcesOfEcho = `Resources deployed:
  - Lambda ARN: arn:aws:lambda:us-west-2:123456789012:function:echo-server-dev-websocket_message
  - Websocket API URL: wss://{id}.execute-api.us-west-2.amazonaws.com/api/
`

// What deploy, plan, url and delete print is what the tutorial prints.
func TestDeployOfTheTutorial(t *testing.T) {
	a := newAccount(t, "echo", "echo-server")
	a.Settle = 1
	first := a.tyg("plan")
	if first.status != cli.ExitDiffers {
		t.Errorf("plan of what is not there: status %d, stderr %s", first.status, first.stderr)
	}
	if len(a.Resources()) > 0 {
		t.Errorf("plan has made %q", a.Resources())
	}
	o := a.tyg("deploy")
	a.wantText(o.stdout, `Creating deployment package.
Creating IAM role: echo-server-dev
Creating lambda function: echo-server-dev-websocket_message
Creating websocket api: echo-server-dev-websocket-api
`+resourcesOfEcho)
	if want := "Waiting for IAM role echo-server-dev to be usable\n"; o.stderr != want {
		t.Errorf("on standard error is %q, want %q", o.stderr, want)
	}
	a.wantText(a.must("deploy"), `Creating deployment package.
Reusing existing deployment package.
`+resourcesOfEcho)
	if got, want := a.must("plan"), "Nothing to do: the stage is up to date.\n"; got != want {
		t.Errorf("plan printed %q, want %q", got, want)
	}
	a.wantText(a.must("url"), "wss://{id}.execute-api.us-west-2.amazonaws.com/api/\n")
	id := a.id()
	want := `Deleting Websocket API: ` + id + `
Deleting function: arn:aws:lambda:us-west-2:123456789012:function:echo-server-dev-websocket_message
Deleting log group: /aws/lambda/echo-server-dev-websocket_message
Deleting IAM role: echo-server-dev
`
	if got := a.must("delete", "--yes"); got != want {
		t.Errorf("delete printed\n%s\nwant\n%s", got, want)
	}
	if left := a.Resources(); len(left) > 0 {
		t.Errorf("delete has left %q", left)
	}
}

func TestPlanListsWhatDiffers(t *testing.T) {
	a := newAccount(t, "small", "echo-server")
	o := a.tyg("plan")
	for _, line := range []string{
		"+ create websocket_api echo-server-dev-websocket-api\n",
		"+ create lambda_function echo-server-dev-websocket_message\n",
		" to create, 0 to update, 0 to delete, in account 123456789012, region us-west-2.\n",
	} {
		if !strings.Contains(o.stdout, line) {
			t.Errorf("the plan has no line %q:\n%s", line, o.stdout)
		}
	}
	a.must("deploy")
	a.configure(`"version": "2.0",`,
		`"version": "2.0", "lambda_memory_size": 256, "tags": {"team": "tea"},`)
	o = a.tyg("plan")
	for _, line := range []string{
		"~ update lambda_function echo-server-dev-websocket_message\n",
		"    memory: 128 MB -> 256 MB\n",
		"    tag team: (none) -> tea\n",
	} {
		if !strings.Contains(o.stdout, line) {
			t.Errorf("the plan has no line %q:\n%s", line, o.stdout)
		}
	}
	var plan struct {
		AccountID string `json:"account_id"`
		Steps     []struct{ Action, Type, Name string }
	}
	o = a.tyg("plan", "--json")
	if err := json.Unmarshal([]byte(o.stdout), &plan); err != nil {
		t.Fatalf("plan --json: %v\n%s", err, o.stdout)
	}
	if o.status != cli.ExitDiffers || plan.AccountID != awstest.Account || len(plan.Steps) == 0 {
		t.Errorf("plan --json: status %d, %+v", o.status, plan)
	}
	for _, s := range plan.Steps {
		if s.Action != "update" && s.Type != "lambda_version" {
			t.Errorf("the plan is to %s %s %s", s.Action, s.Type, s.Name)
		}
	}
}

func TestDeployJSON(t *testing.T) {
	a := newAccount(t, "small", "echo-server")
	var got deployed
	text := a.must("deploy", "--json")
	if err := json.Unmarshal([]byte(text), &got); err != nil {
		t.Fatalf("deploy --json: %v\n%s", err, text)
	}
	want := "wss://" + a.id() + ".execute-api.us-west-2.amazonaws.com/api/"
	if got.URL != want || got.Region != awstest.Region || got.AccountID != awstest.Account ||
		!strings.HasSuffix(got.Functions["websocket_message"], ":echo-server-dev-websocket_message") {
		t.Errorf("deploy --json printed %+v", got)
	}
}

// The chat has its table by deploy alone, and keeps it.
func TestDeployOfTheChat(t *testing.T) {
	a := newAccount(t, "chat", "my-chat")
	text := a.must("deploy")
	for _, line := range []string{
		"Creating table: my-chat-dev-rooms\n",
		"Creating lambda function: my-chat-dev-websocket_connect\n",
		"Creating lambda function: my-chat-dev-websocket_disconnect\n",
	} {
		if !strings.Contains(text, line) {
			t.Errorf("deploy did not print %q:\n%s", line, text)
		}
	}
	live, err := a.Live(a.id(), "api")
	if err != nil {
		t.Fatal(err)
	}
	if got := live.Routes["$default"].Function.Environment["TABLE"]; got != "my-chat-dev-rooms" {
		t.Errorf("TABLE is %q", got)
	}
	text = a.must("delete", "--yes")
	const stays = "Tables that were kept, with their data:\n" +
		"  - my-chat-dev-rooms (tyg delete --tables --stage dev)\n"
	if !strings.HasSuffix(text, stays) {
		t.Errorf("delete printed\n%s\nwant at its end\n%s", text, stays)
	}
	if got := a.must("delete"); got != stays {
		t.Errorf("delete of tables only printed %q, want %q", got, stays)
	}
	if got := a.must("delete", "--yes", "--tables"); got != "Deleting table: my-chat-dev-rooms\n" {
		t.Errorf("delete --tables printed %q", got)
	}
	if left := a.Resources(); len(left) > 0 {
		t.Errorf("delete has left %q", left)
	}
}

// A program may read its variables before it says which routes it has.
func TestProgramDescribesItselfInItsEnvironment(t *testing.T) {
	a := newAccount(t, "small", "echo-server")
	a.edit("main.go", "func main() {\n", "func main() {\n"+
		"\tif os.Getenv(\"COLOUR\") != \"red\" || os.Getenv(\"SIZE\") != \"big\" ||\n"+
		"\t\tos.Getenv(\"TABLE\") != \"echo-server-dev-rooms\" {\n\t\tpanic(\"no environment\")\n\t}\n")
	a.fails(cli.ExitFailure, "Creating deployment package.\n"+
		"tyg: the program exited before it printed its routes: exit status 2\n\tpanic: no "+
		"environment", "plan")
	a.configure(`"version": "2.0",`, `"version": "2.0",
		"environment_variables": {"COLOUR": "red"},
		"lambda_functions": {"websocket_message": {"environment_variables": {"SIZE": "big"}}},
		"tables": {"rooms": {"partition_key": {"name": "PK"}}},`)
	if o := a.tyg("plan"); o.status != cli.ExitDiffers {
		t.Errorf("status %d, stderr %s", o.status, o.stderr)
	}
}

// A signal in the middle of a deploy, after each call in turn, leaves what the next one continues.
func TestInterruptedDeployContinues(t *testing.T) {
	a := newAccount(t, "small", "echo-server")
	for _, operation := range []string{
		"CreateApi", "CreateRole", "CreateFunction",
		"CreateDeployment",
	} {
		ctx, interrupt := context.WithCancel(t.Context())
		a.SetFault(func(_ int, _, name string) awstest.Fault {
			if name == operation {
				interrupt()
			}
			return awstest.None
		})
		o := a.tygWith(ctx, "", "deploy")
		interrupt()
		const said = "tyg: interrupted; the state is saved, run tyg deploy again to continue\n"
		if o.status != cli.ExitInterrupted || !strings.HasSuffix(o.stderr, said) {
			t.Errorf("%s: status %d, stderr %q", operation, o.status, o.stderr)
		}
	}
	a.SetFault(nil)
	a.wantText(a.must("url"), strings.TrimPrefix(lastLine(a.must("deploy")),
		"  - Websocket API URL: "))
	a.must("delete", "--yes")
	if left := a.Resources(); len(left) > 0 {
		t.Errorf("delete has left %q", left)
	}
}

func TestInterruptedDeleteContinues(t *testing.T) {
	a := newAccount(t, "small", "echo-server")
	a.must("deploy")
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	a.SetFault(func(_ int, _, operation string) awstest.Fault {
		if operation == "DeleteFunction" {
			interrupt()
		}
		return awstest.None
	})
	o := a.tygWith(ctx, "", "delete", "--yes")
	if o.status != cli.ExitInterrupted || o.stderr != "tyg: interrupted; run tyg delete again to "+
		"continue\n" {
		t.Errorf("status %d, stderr %q", o.status, o.stderr)
	}
	a.must("delete", "--yes")
	if left := a.Resources(); len(left) > 0 {
		t.Errorf("delete has left %q", left)
	}
}

func lastLine(text string) string {
	lines := strings.SplitAfter(text, "\n")
	return lines[len(lines)-2]
}

// C20: a project whose source and configuration are broken is deleted by its state file alone.
func TestC20DeleteNeedsTheStateFileOnly(t *testing.T) {
	a := newAccount(t, "small", "echo-server")
	a.must("deploy")
	for _, file := range []string{"go.mod", "main.go", ".tyg/config.json"} {
		if err := os.WriteFile(file, []byte("nonsense"), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", t.TempDir()) // without Go
	a.must("delete", "--yes")
	if left := a.Resources(); len(left) > 0 {
		t.Errorf("delete has left %q", left)
	}
	a.must("delete", "--yes")
}

// C16: url knows WebSocket APIs, and says what it knows if there is none.
func TestC16URLIsThatOfTheWebSocketAPI(t *testing.T) {
	a := newAccount(t, "small", "echo-server")
	a.fails(cli.ExitFailure, "tyg: stage \"dev\" is not deployed; run tyg deploy\n", "url")
	a.must("deploy")
	a.wantText(a.must("url", "--json"), `{
  "url": "wss://{id}.execute-api.us-west-2.amazonaws.com/api/"
}
`)
	a.fails(cli.ExitFailure, "tyg: stage \"prod\" is not deployed; deployed stages: dev\n", "url",
		"--stage", "prod")
}
