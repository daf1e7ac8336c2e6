package application

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/cmd/internal/project"
	"github.com/tyg-dev/tyg/internal/deploy"
	"github.com/tyg-dev/tyg/internal/sampletest"
)

// TestUseOf builds programs as deploy does.
func TestUseOf(t *testing.T) {
	sampletest.Part(t, 4)
	testUseOf(t, "arm64", map[string]GroupUse{
		"none": {}, "groups": {Groups: true}, "value": {Groups: true}, "method": {Groups: true},
		"all":      {Groups: true, Everyone: true},
		"template": {}, "bothgroups": {Groups: true}, "both": {Groups: true, Everyone: true},
	})
	testUseOf(t, "amd64", map[string]GroupUse{
		"template": {}, "bothgroups": {Groups: true}, "both": {Groups: true, Everyone: true},
	})
	for _, program := range []string{"", "#!/bin/sh\n", "\x7fELF"} {
		if got := UseOf([]byte(program)); got != (GroupUse{}) {
			t.Errorf("%q: %+v", program, got)
		}
	}
}

func testUseOf(t *testing.T, architecture string, want map[string]GroupUse) {
	t.Helper()
	dir := t.TempDir()
	args := []string{
		"build", "-trimpath", "-tags", "lambda.norpc,tyg.lambda", "-ldflags", "-s -w", "-o",
		dir + string(filepath.Separator),
	}
	for name := range want {
		args = append(args, "./testdata/uses/"+name)
	}
	build := exec.CommandContext(t.Context(), "go", args...)
	build.Env = append(os.Environ(), "GOOS=linux", "GOARCH="+architecture, "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for name, want := range want {
		program, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if got := UseOf(program); got != want {
			t.Errorf("%s for %s: %+v, want %+v", name, architecture, got, want)
		}
	}
}

// TestGroupsOnAWS has what deploy makes of what a program uses and of the configuration.
func TestGroupsOnAWS(t *testing.T) {
	groups, all := GroupUse{Groups: true}, GroupUse{Groups: true, Everyone: true}
	for _, tt := range []struct {
		name            string
		use             GroupUse
		config          string
		table, register bool
		routes          string
	}{
		{"nothing", GroupUse{}, `{}`, false, false, "$default"},
		{"groups", groups, `{}`, true, false, "$default $disconnect"},
		{"Everyone", all, `{}`, true, true, "$connect $default $disconnect"},
		{"not by the configuration", all, `{"groups": false}`, false, false, "$default"},
		{"by the configuration", groups, `{"groups": true}`, true, false, "$default $disconnect"},
		{
			"by the configuration, unseen",
			GroupUse{},
			`{"groups": true}`, true, true,
			"$connect $default $disconnect",
		},
		{
			"by the stage",
			GroupUse{},
			`{"groups": true, "stages": {"dev": {"groups": false}}}`,
			false, false, "$default",
		},
		{
			"Everyone, not registered", all, `{"environment_variables": {"TYG_EVERYONE": "0"}}`,
			true, false, "$connect $default $disconnect",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			app, err := withUse(t, tt.config, tt.use)
			if err != nil {
				t.Fatal(err)
			}
			i := slices.IndexFunc(app.Tables, func(table deploy.Table) bool {
				return table.Name == "demo-dev-tyg-groups" && table.TTLAttribute == "expires"
			})
			if (i >= 0) != tt.table || len(app.Tables) > 1 || app.Shards != tt.table {
				t.Errorf("the tables are %+v, shards %v", app.Tables, app.Shards)
			}
			var routes []string
			for _, r := range app.API.Routes {
				routes = append(routes, r.Key)
			}
			if got := strings.Join(routes, " "); got != tt.routes {
				t.Errorf("the routes are %s, want %s", got, tt.routes)
			}
			for _, fn := range app.Functions {
				env := app.Environment(fn, "")
				if (env["TYG_GROUPS_TABLE"] != "") != tt.table || (env["TYG_EVERYONE"] == "1") != tt.register {
					t.Errorf("%s has the environment %v", fn.LogicalName, env)
				}
			}
			policy := fmt.Sprint(deploy.GeneratedPolicy(app, deploy.Account{Region: "r", ID: "1"}, "*"))
			for _, word := range []string{"demo-dev-tyg-groups", "dynamodb:Query", "lambda:InvokeFunction"} {
				if strings.Contains(policy, word) != tt.table {
					t.Errorf("the policy has %s or not: %s", word, policy)
				}
			}
		})
	}
}

func withUse(t *testing.T, config string, use GroupUse) (deploy.Application, error) {
	t.Helper()
	c, err := project.ParseConfig([]byte(config))
	if err != nil {
		t.Fatal(err)
	}
	bundle, err := deploy.NewBundle([]byte("program"))
	if err != nil {
		t.Fatal(err)
	}
	b := &Blueprint{
		Config: c, Dir: t.TempDir(), Stage: "dev", Description: describing(tyg.RouteDefault),
		Use: use, Bundle: bundle,
	}
	return b.Application()
}

// The application's own tables do not become tyg's by accident.
func TestGroupsTableIsReserved(t *testing.T) {
	const table = `{"partition_key": {"name": "PK"}, "environment_variable": %q}`
	for _, tables := range []string{
		`"tyg-groups": ` + fmt.Sprintf(table, "T"), `"mine": ` + fmt.Sprintf(table, "TYG_GROUPS_TABLE"),
	} {
		_, err := withUse(t, `{"tables": {`+tables+`}}`, GroupUse{Groups: true})
		if err == nil || !strings.Contains(err.Error(), "belong to the table that tyg makes") {
			t.Errorf("%s: error %v", tables, err)
		}
		if _, err := withUse(t, `{"tables": {`+tables+`}}`, GroupUse{}); err != nil {
			t.Errorf("%s without groups: %v", tables, err)
		}
	}
}
