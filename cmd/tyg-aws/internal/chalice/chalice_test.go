package chalice

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg/cmd/internal/project"
	"github.com/tyg-dev/tyg/internal/deploy/plan"
)

func TestReadRefuses(t *testing.T) {
	for text, want := range map[string]string{
		`{`:                 "unexpected end",
		`{"version":"2.0"}`: "has no app_name",
		`{"app_name": "a", "lambda_timeout": 9000}`: "has a value that tyg does not take",
		`{"app_name": "a b"}`:                       "app_name",
	} {
		dir := t.TempDir()
		if err := project.WriteFile(filepath.Join(dir, Path), []byte(text)); err != nil {
			t.Fatal(err)
		}
		if _, err := Read(dir); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want an error with %q", text, err, want)
		}
	}
	if _, err := Read(t.TempDir()); err == nil {
		t.Error("a project without a configuration of Chalice is one")
	}
}

func TestReadDeployedThatIsBroken(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, ".chalice/deployed/dev.json")
	if err := project.WriteFile(file, []byte("{")); err != nil {
		t.Fatal(err)
	}
	p := &Project{dir: dir}
	if _, err := p.ReadDeployed("dev"); err == nil {
		t.Error("a broken file is no error")
	}
	if d, err := p.ReadDeployed("prod"); err != nil || d.APIID != "" {
		t.Errorf("a stage without a file: %+v, %v", d, err)
	}
}

func TestChoose(t *testing.T) {
	function := func(tag string) plan.Claim {
		return plan.Claim{
			Type: plan.TypeFunction, Name: "a-dev-websocket_message", Role: "role1",
			Tags: map[string]string{"aws-chalice": tag},
		}
	}
	ours := function("version=1.33.0:stage=dev:app=a")
	role := func(arn string) plan.Claim { return plan.Claim{Type: plan.TypeRole, ID: arn} }
	api := func(id string) plan.Claim { return plan.Claim{Type: plan.TypeAPI, ID: id} }
	for _, tt := range []struct {
		name   string
		claims []plan.Claim
		known  string // id of the API
		want   string // types and ids, or in the error
	}{
		{
			"all",
			[]plan.Claim{ours, role("role1"), api("x")},
			"",
			"lambda_function iam_role:role1 websocket_api:x",
		},
		{
			"a role of others",
			[]plan.Claim{ours, role("role2"), api("x")},
			"",
			"lambda_function websocket_api:x",
		},
		{"no function", []plan.Claim{role("role1"), api("x")}, "", ""},
		{"another stage", []plan.Claim{function("stage=prod:app=a")}, "", "error: is not of Chalice"},
		{"another app", []plan.Claim{function("stage=dev:app=ab")}, "", "error: is not of Chalice"},
		{"no tag", []plan.Claim{function("")}, "", "error: is not of Chalice"},
		{"two APIs", []plan.Claim{ours, api("x"), api("y")}, "", "error: there are 2 APIs"},
		{
			"two APIs, one known",
			[]plan.Claim{ours, api("x"), api("y")},
			"y",
			"lambda_function websocket_api:y",
		},
	} {
		list, err := Choose(tt.claims, "a", "dev", Deployed{APIID: tt.known})
		var got []string
		for _, c := range list {
			got = append(got, strings.TrimSuffix(c.Type+":"+c.ID, ":"))
		}
		text := strings.Join(got, " ")
		want, isError := strings.CutPrefix(tt.want, "error: ")
		if isError != (err != nil) || !isError && text != want ||
			isError && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %q, %v, want %q", tt.name, text, err, tt.want)
		}
	}
}
