package main

import (
	"archive/zip"
	"encoding/json"
	"os"
	"regexp"
	"testing"

	"github.com/tyg-dev/tyg/cmd/internal/cli"
	"github.com/tyg-dev/tyg/cmd/internal/project"
)

// template reads one that was written.
func (a *account) template(file string) map[string]map[string]any {
	a.t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		a.t.Fatal(err)
	}
	doc := make(map[string]json.RawMessage)
	if err := json.Unmarshal(data, &doc); err != nil {
		a.t.Fatal(err)
	}
	sections := make(map[string]map[string]any)
	for name, text := range doc {
		var section map[string]any
		if json.Unmarshal(text, &section) == nil {
			sections[name] = section
		}
	}
	return sections
}

// A package is what deploy would make, without a call and without credentials.
func TestPackage(t *testing.T) {
	a := newAccount(t, "small chat", "chat")
	for _, name := range []string{
		"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION", "AWS_ENDPOINT_URL",
	} {
		t.Setenv(name, "")
	}
	got := a.must("package", "out/cfn")
	const written = "Creating deployment package.\nout/cfn/template.json\nout/cfn/deployment.zip\n"
	if got != written {
		t.Errorf("package printed\n%s\nwant\n%s", got, written)
	}
	resources := a.template("out/cfn/template.json")["Resources"]
	for _, id := range []string{
		"WebsocketAPI", "WebsocketMessage", "WebsocketMessageRoute",
		"RoomsTable",
	} {
		if resources[id] == nil {
			t.Errorf("the template has no %s", id)
		}
	}
	z, err := zip.OpenReader("out/cfn/deployment.zip")
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	if len(z.File) != 1 || z.File[0].Name != "bootstrap" || z.File[0].Mode().Perm() != 0o755 {
		t.Errorf("the zip has %+v", z.File)
	}

	got = a.must("package", "out/tf", "--format", "terraform", "--stage", "prod", "--json")
	var done packaged
	if err := json.Unmarshal([]byte(got), &done); err != nil {
		t.Fatal(err)
	}
	want := packaged{
		Format: "terraform", Template: "out/tf/main.tf.json",
		Zip: "out/tf/deployment.zip",
	}
	if done != want {
		t.Errorf("package printed %+v, want %+v", done, want)
	}
	tables, _ := a.template("out/tf/main.tf.json")["resource"]["aws_dynamodb_table"].(map[string]any)
	table, _ := tables["rooms"].(map[string]any)
	if table["name"] != "chat-prod-rooms" {
		t.Errorf("the table of another stage is %v", table["name"])
	}
	if calls := a.Calls(); len(calls) > 0 {
		t.Errorf("AWS was called: %+v", calls)
	}
}

func TestPackageMergesATemplate(t *testing.T) {
	a := newAccount(t, "small", "chat")
	merge := `{"Resources": {"WebsocketMessage": {"Properties": {"Timeout": 3}}}}`
	if err := project.WriteFile("more.json", []byte(merge)); err != nil {
		t.Fatal(err)
	}
	got := a.must("package", "out", "--merge-template", "more.json", "--code-parameters")
	key := regexp.MustCompile(`\nout/deployment\.zip\n(chat-dev/[0-9a-f]{16}\.zip)\n$`)
	printed := key.FindStringSubmatch(got)
	if printed == nil {
		t.Fatalf("package printed\n%s\nwant the key last", got)
	}
	doc := a.template("out/template.json")
	fn, _ := doc["Resources"]["WebsocketMessage"].(map[string]any)
	properties, _ := fn["Properties"].(map[string]any)
	if properties["Timeout"] != 3.0 || properties["MemorySize"] == nil ||
		doc["Parameters"]["CodePrefix"] == nil {
		t.Errorf("the function is %v, the parameters are %v", fn, doc["Parameters"])
	}
	code, _ := properties["Code"].(map[string]any)
	if s3, _ := code["S3Key"].(map[string]any); s3["Fn::Sub"] != "${CodePrefix}"+printed[1] {
		t.Errorf("the code is at %v, and package printed %s", code, printed[1])
	}
}

func TestPackageErrors(t *testing.T) {
	a := newAccount(t, "small", "chat")
	a.fails(cli.ExitUsage, "tyg: argument OUT is missing;", "package")
	a.fails(cli.ExitUsage, `tyg: there is no format "sam"; use cloudformation or terraform;`,
		"package", "o", "--format", "sam")
	a.fails(cli.ExitUsage, "tyg: --code-parameters is for CloudFormation;",
		"package", "o", "--format", "terraform", "--code-parameters")
	a.fails(cli.ExitFailure, "tyg: read template to merge: open none.json:",
		"package", "o", "--merge-template", "none.json")
	if err := project.WriteFile("bad.json", []byte("Resources:\n")); err != nil {
		t.Fatal(err)
	}
	a.fails(cli.ExitFailure, "tyg: merge template: it is not JSON:",
		"package", "o", "--merge-template", "bad.json")
	if err := project.WriteFile("file", nil); err != nil {
		t.Fatal(err)
	}
	a.fails(cli.ExitFailure, "tyg: write code: mkdir file: ", "package", "file")
	if _, err := os.Stat("o"); err == nil {
		t.Error("a package that failed has left something")
	}
}
