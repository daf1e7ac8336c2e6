package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg/cmd/internal/cli"
	"github.com/tyg-dev/tyg/internal/awstest"
	"github.com/tyg-dev/tyg/internal/filelock"
)

// A fresh checkout has no state file. All verbs find the stage on AWS, and delete deletes it.
func TestFreshCheckoutKnowsItsStage(t *testing.T) {
	a := newAccount(t, "small", "echo-server")
	a.configure(`"version": "2.0",`,
		`"version": "2.0", "tables": {"rooms": {"partition_key": {"name": "PK"}}},`)
	a.must("deploy")
	a.forget()
	a.wantText(a.must("url"), "wss://{id}.execute-api.us-west-2.amazonaws.com/api/\n")
	if got := a.must("invoke", "--event", "message"); got != "null\n" {
		t.Errorf("invoke printed %q", got)
	}
	a.must("logs")
	if o := a.tyg("plan"); o.status != cli.ExitOK {
		t.Errorf("plan: status %d\n%s%s", o.status, o.stdout, o.stderr)
	}
	const table = "  - echo-server-dev-rooms (tyg delete --tables --stage dev)\n"
	if got := a.must("delete", "--yes"); !strings.HasSuffix(got, table) {
		t.Errorf("delete printed %s", got)
	}
	a.forget()
	if got := a.must("delete", "--yes"); !strings.HasSuffix(got, table) {
		t.Errorf("delete of the table alone printed %s", got)
	}
	a.forget()
	a.must("delete", "--yes", "--tables")
	if left := a.Resources(); len(left) > 0 {
		t.Errorf("delete has left %q", left)
	}
	a.forget()
	a.fails(cli.ExitFailure, "tyg: stage \"dev\" is not deployed; run tyg deploy\n", "url")
	a.configure(`"app_name": "echo-server"`, `"app_name": ""`)
	a.fails(cli.ExitFailure, "tyg: the name of the application is not known", "delete", "--yes")
}

// forget is what a fresh checkout does.
func (a *account) forget() {
	a.t.Helper()
	if err := os.RemoveAll(filepath.Join(".tyg", "deployed")); err != nil {
		a.t.Fatal(err)
	}
}

// A second deploy or delete of one checkout ends before it calls AWS, while the first is under way.
func TestSecondDeployOfACheckoutIsRefused(t *testing.T) {
	a := newAccount(t, "small", "echo-server")
	a.must("deploy")
	release, err := filelock.Try(filepath.Join(".tyg", "deployments", "dev.lock"))
	if err != nil {
		t.Fatal(err)
	}
	const said = "is locked: another process is deploying or deleting this stage; wait until it has " +
		"ended, and run the command again\n"
	for _, args := range [][]string{{"deploy"}, {"delete", "--yes"}} {
		if o := a.tyg(args...); o.status != cli.ExitFailure || !strings.HasSuffix(o.stderr, said) {
			t.Errorf("%q: status %d, stderr %s", args, o.status, o.stderr)
		}
	}
	a.must("plan")
	release()
	a.must("delete", "--yes")
}

// With a state in S3 no file is left in the project, and a fresh checkout knows the stage.
func TestStateInS3(t *testing.T) {
	a := newAccount(t, "small", "echo-server")
	a.AddBucket("states", awstest.Region)
	a.configure(`"version": "2.0",`, `"version": "2.0", "state": "s3://states/x",`)
	a.must("deploy")
	if _, err := os.Stat(filepath.Join(".tyg", "deployed")); err == nil {
		t.Error("there is a state file, too")
	}
	a.wantText(a.must("url"), "wss://{id}.execute-api.us-west-2.amazonaws.com/api/\n")
	a.must("invoke", "--event", "message")
	wantParts(t, a.must("gen-policy", "--deployer"), "arn:aws:s3:::states/x/echo-server/dev.json*")
	wantParts(t, a.must("gen-policy"), a.id()+"/api/")
	a.must("delete", "--yes")
	if left := a.Resources(); len(left) > 0 {
		t.Errorf("delete has left %q", left)
	}
	a.configure(`s3://states/x`, `states/x`)
	a.fails(cli.ExitFailure, `tyg: .tyg/config.json:2: state: "states/x" is no place for the state; `+
		"use s3://bucket/prefix", "plan")
}
