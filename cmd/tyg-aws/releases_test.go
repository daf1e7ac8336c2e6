//go:build unix

package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg/cmd/internal/cli"
	"github.com/tyg-dev/tyg/internal/awstest"
)

// deployText deploys a new project with a variable that is to have one text after the other.
func (a *account) deployText(texts ...string) {
	a.t.Helper()
	for _, text := range texts {
		if !textPattern.MatchString(a.config()) {
			a.configure(`"version": "2.0",`, `"version": "2.0", "environment_variables": {"TEXT": "-"},`)
		}
		a.configureText(text)
		a.must("deploy")
	}
}

var textPattern = regexp.MustCompile(`"TEXT": "[^"]*"`)

// config returns the configuration of the project.
func (a *account) config() string {
	a.t.Helper()
	text, err := os.ReadFile(filepath.Join(".tyg", "config.json"))
	if err != nil {
		a.t.Fatal(err)
	}
	return string(text)
}

func (a *account) configureText(text string) {
	a.t.Helper()
	a.configure(textPattern.FindString(a.config()), `"TEXT": "`+text+`"`)
}

// serves fails unless clients get the configuration with a text.
func (a *account) serves(text string) awstest.LiveRoute {
	a.t.Helper()
	live, err := a.Live(a.id(), "api")
	if err != nil {
		a.t.Fatal(err)
	}
	route := live.Routes["$default"]
	if got := route.Function.Environment["TEXT"]; got != text {
		a.t.Errorf("clients get %q, want %q", got, text)
	}
	return route
}

func TestRollbackOfAStage(t *testing.T) {
	a := newAccount(t, "small", "echo-server")
	a.deployText("one", "two", "three")
	table := a.must("releases")
	for _, line := range []string{
		`(?m)^RELEASE  PUBLISHED            COMMIT  CODE          EVENTS$`,
		`(?m)^3        2026-11-22 \d\d:\d\d:\d\d  -       [0-9a-f]{12}  100% \(live\)$`,
		`(?m)^1        2026-11-22 \d\d:\d\d:\d\d  -       [0-9a-f]{12}  -$`,
	} {
		if !regexp.MustCompile(line).MatchString(table) {
			t.Errorf("releases printed\n%s\nwant a line %s", table, line)
		}
	}
	a.fails(cli.ExitFailure,
		"tyg: rollback asks for confirmation, and there is no terminal; use --yes\n", "rollback")
	a.serves("three")
	const question = "Make release 2 of echo-server live, stage dev, in place of release 3? [y/N] "
	if o := a.answer("n\n", "rollback"); o.status != cli.ExitFailure ||
		o.stderr != question+"tyg: nothing was changed\n" {
		t.Errorf("after no: status %d, stderr %q", o.status, o.stderr)
	}
	want := "Moving echo-server-dev-websocket_message:live: release 3 -> release 2\n" +
		"Release 2 is live.\n" +
		"Routes, triggers, roles and tables are as they were. " +
		"The next tyg deploy makes live what the project has.\n"
	if o := a.answer("y\n", "rollback"); o.status != cli.ExitOK || o.stdout != want {
		t.Errorf("after yes: status %d, stdout %q, stderr %q; want %q", o.status, o.stdout, o.stderr,
			want)
	}
	a.serves("two")
	plan := a.tyg("plan")
	if plan.status != cli.ExitDiffers ||
		!strings.Contains(plan.stdout, "leads to: release 2 -> release 3") ||
		!strings.Contains(plan.stderr, "release 2 is live, and the newest is release 3") {
		t.Errorf("plan: status %d\n%s%s", plan.status, plan.stdout, plan.stderr)
	}
	a.fails(cli.ExitFailure, "tyg: there is no release 9; those that are kept are 3, 2, 1\n",
		"rollback", "--to", "9", "--yes")
	a.must("rollback", "--to", "1", "--yes")
	a.serves("one")
	if got := a.must("rollback", "--to", "1", "--yes"); got !=
		"Release 1 is live already: nothing was changed.\n" {
		t.Errorf("the same again printed %q", got)
	}
	a.fails(cli.ExitFailure, "tyg: there is no release before the live one, 1, to go back to",
		"rollback", "--yes")
	a.must("deploy")
	a.serves("three")
}

func TestRollbackJSON(t *testing.T) {
	a := newAccount(t, "small", "echo-server")
	a.deployText("one", "two")
	var moved struct {
		Stage string
		From  int
		To    releaseJSON
		Steps []struct{ Action, Type, Name string }
	}
	a.decode(&moved, "rollback", "--yes", "--json")
	if moved.Stage != "dev" || moved.From != 2 || moved.To.Number != 1 || len(moved.Steps) != 1 ||
		moved.Steps[0].Type != "lambda_alias" {
		t.Errorf("rollback --json printed %+v", moved)
	}
	var list struct {
		Live     int
		Releases []releaseJSON
	}
	a.decode(&list, "releases", "--json")
	if list.Live != 1 || len(list.Releases) != 2 || list.Releases[1].Share != 1 ||
		list.Releases[1].Functions["websocket_message"].Version != "1" ||
		list.Releases[1].Functions["websocket_message"].CodeSHA256 == "" {
		t.Errorf("releases --json printed %+v", list)
	}
}

// decode runs a command that prints one JSON object and nothing else.
func (a *account) decode(to any, args ...string) {
	a.t.Helper()
	text := a.must(args...)
	if err := json.Unmarshal([]byte(text), to); err != nil {
		a.t.Fatalf("tyg %s: %v\n%s", strings.Join(args, " "), err, text)
	}
}

func TestCanaryOfAStage(t *testing.T) {
	a := newAccount(t, "small", "echo-server")
	a.fails(cli.ExitFailure, "Creating deployment package.\ntyg: --canary leaves most events to the "+
		"live release, and function echo-server-dev-websocket_message has none",
		"plan", "--canary", "10%")
	a.deployText("one")
	a.configureText("two")
	const gives = "Giving 10% of the events to release 2; tyg promote gives it all of them\n"
	if text := a.must("deploy", "--canary", "10%"); !strings.Contains(text, gives) ||
		strings.Contains(text, "live\n") {
		t.Errorf("deploy --canary printed\n%s", text)
	}
	if route := a.serves("one"); route.Share != 0.1 || route.Canary.Environment["TEXT"] != "two" {
		t.Errorf("the canary is %+v", route)
	}
	if table := a.must("releases"); !strings.Contains(table, "10%\n") ||
		!strings.Contains(table, "90% (live)\n") {
		t.Errorf("releases printed\n%s", table)
	}
	a.must("rollback", "--yes")
	if route := a.serves("one"); route.Share != 0 {
		t.Errorf("after the rollback the canary is %+v", route)
	}
	a.fails(cli.ExitFailure, "tyg: no release gets a share of the events: there is no canary",
		"promote", "--yes")
	a.must("deploy", "--canary", "0.5%")
	if got := a.must("promote", "--yes"); !strings.HasSuffix(got, "Release 2 is live.\n") {
		t.Errorf("promote printed %q", got)
	}
	a.serves("two")
}

// A stage of a fresh checkout has its releases, and invoke calls the live one.
func TestReleasesWithoutAState(t *testing.T) {
	a := newAccount(t, "small", "echo-server")
	a.fails(cli.ExitFailure, "tyg: .tyg/deployed/dev.json has no functions: nothing is deployed",
		"releases")
	a.deployText("one", "two")
	a.must("rollback", "--yes")
	if err := os.RemoveAll(filepath.Join(".tyg", "deployed")); err != nil {
		t.Fatal(err)
	}
	if got := a.must("releases"); !strings.Contains(got, "100% (live)") {
		t.Errorf("releases printed\n%s", got)
	}
	a.OnInvoke(func(f awstest.Function, _ []byte) ([]byte, string) {
		return []byte(`"` + f.Environment["TEXT"] + `"`), ""
	})
	o := a.tygWith(t.Context(), "{}", "invoke", "--name", "websocket_message")
	if o.status != cli.ExitOK || o.stdout != "\"one\"\n" {
		t.Errorf("invoke: status %d, stdout %q, stderr %q", o.status, o.stdout, o.stderr)
	}
}

// Without releases functions change in place, and there is nothing to go back to.
func TestDeployWithoutReleases(t *testing.T) {
	a := newAccount(t, "small", "echo-server")
	a.configure(`"version": "2.0",`, `"version": "2.0", "releases": 0,`)
	a.deployText("one", "two")
	if route := a.serves("two"); route.Function.Version != "$LATEST" {
		t.Errorf("clients get version %s", route.Function.Version)
	}
	if o := a.tyg("releases"); o.status != cli.ExitOK || o.stdout != "" ||
		!strings.HasPrefix(o.stderr, "tyg: stage dev has no releases yet") {
		t.Errorf("releases: status %d, %q, %q", o.status, o.stdout, o.stderr)
	}
	a.fails(cli.ExitFailure, "tyg: the stage has no releases yet", "rollback", "--yes")
	for _, call := range a.Calls() {
		if strings.Contains(call.Operation, "Alias") && call.Operation != "ListAliases" ||
			call.Operation == "PublishVersion" {
			t.Errorf("a deploy without releases calls %s", call.Operation)
		}
	}
}

func TestCommitOf(t *testing.T) {
	dir := t.TempDir()
	if got := commitOf(t.Context(), dir); got != "" {
		t.Errorf("a directory without Git has the commit %q", got)
	}
	t.Setenv("GIT_DIR", "no/such/directory")
	if got := commitOf(t.Context(), "."); got != "" {
		t.Errorf("without a repository the commit is %q", got)
	}
}
