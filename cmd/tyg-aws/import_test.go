package main

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg/cmd/internal/cli"
	"github.com/tyg-dev/tyg/cmd/internal/project"
)

const chaliceConfig = `{
	"version": "2.0", "app_name": "echo-server", "automatic_layer": false, "api_gateway_stage": "api",
	"api_gateway_endpoint_type": "EDGE", "lambda_timeout": 20,
	"stages": {"dev": {
		"environment_variables": {"MODE": "1"}, "minimum_compression_size": 10,
		"lambda_functions": {
			"websocket_message": {"lambda_memory_size": 256}, "api_handler": {"lambda_timeout": 3}
		}
	}}
}`

// chaliceAccount is an account and a project in which Chalice has deployed echo-server. The project
// is of Go already, and has no configuration of tyg.
func chaliceAccount(t *testing.T) (a *account, url string) {
	a = newAccount(t, "small", "echo-server")
	a.must("deploy") // the resources have the same names
	url = a.must("url")
	a.MadeByChalice("echo-server", "dev")
	for _, name := range []string{".tyg/config.json", ".tyg/deployed/dev.json"} {
		if err := os.Remove(name); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range map[string]string{
		".chalice/config.json": chaliceConfig,
		".chalice/deployed/dev.json": `{"resources": [
			{"name": "websocket_api", "resource_type": "websocket_api",
				"websocket_api_id": "` + a.id() + `"},
			{"name": "rest_api", "resource_type": "rest_api"}], "schema_version": "2.0"}`,
	} {
		if err := project.WriteFile(name, []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	return a, url
}

func TestImportFromChaliceHandsOverAStage(t *testing.T) {
	a, url := chaliceAccount(t)
	before := strings.Join(a.Resources(), "\n")
	calls := len(a.Calls())
	out := a.must("import", "--from", "chalice", "--dry-run")
	for _, want := range []string{
		".tyg/config.json will be written from .chalice/config.json.",
		"Keys without a counterpart: api_gateway_endpoint_type, " +
			"stages.dev.lambda_functions.api_handler, stages.dev.minimum_compression_size.",
		"take over lambda_function echo-server-dev-websocket_message",
		"take over iam_role echo-server-dev",
		"take over websocket_api echo-server-dev-websocket-api (" + a.id() + ")",
		"stays Chalice's: rest_api rest_api",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("a dry run has not said %q:\n%s", want, out)
		}
	}
	for _, c := range a.Calls()[calls:] {
		if strings.HasPrefix(c.Operation, "Tag") {
			t.Errorf("a dry run has called %s", c.Operation)
		}
	}
	a.fails(cli.ExitFailure, "tyg: import asks for confirmation, and there is no terminal; "+
		"use --yes\n", "import", "--from", "chalice")
	a.must("import", "--from", "chalice", "--yes")
	c, err := project.ReadConfig(".")
	if err != nil {
		t.Fatal(err)
	}
	f := c.Function("dev", "websocket_message")
	if c.AppName != "echo-server" || f.Timeout != 20 || f.MemorySize != 256 ||
		f.Environment["MODE"].Text != "1" {
		t.Errorf("the configuration is %+v, with the function %+v", c, f)
	}
	a.must("deploy")
	if got := a.must("url"); got != url {
		t.Errorf("the URL is %s, and was %s", got, url)
	}
	if after := strings.Join(a.Resources(), "\n"); after != before {
		t.Errorf("there is\n%s\nand was\n%s", after, before)
	}
	a.must("delete", "--yes")
	if left := a.Resources(); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
}

func TestImportJSON(t *testing.T) {
	a, _ := chaliceAccount(t)
	var out struct {
		App  string `json:"app_name"`
		Take []struct {
			Type, Name string
		}
		Stay []string
	}
	text := a.must("import", "--from", "chalice", "--json", "--yes")
	if err := json.Unmarshal([]byte(text), &out); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	if out.App != "echo-server" || len(out.Take) != 3 || len(out.Stay) != 1 {
		t.Errorf("printed %s", text)
	}
	text = a.must("import", "--from", "chalice", "--yes") // a second time
	if !strings.Contains(text, "nothing of Chalice's on AWS") ||
		!strings.Contains(text, "exists, and stays as it is") {
		t.Errorf("a second import has printed\n%s", text)
	}
}

func TestImportRefusals(t *testing.T) {
	a := newAccount(t, "small", "echo-server")
	a.fails(cli.ExitUsage, "", "import", "--from", "serverless")
	a.fails(cli.ExitFailure, "tyg: there is no .chalice/config.json in .; name the project of "+
		"Chalice with --project-dir\n", "import", "--from", "chalice", "--yes")
}
