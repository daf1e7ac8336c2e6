package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg/cmd/internal/cli"
)

// triggering is an account with a queue, and a project whose program handles it and HTTP.
func triggering(t *testing.T) *account {
	a := newAccount(t, "small", "shop")
	a.AddQueue("all-jobs", 0)
	a.edit("main.go", `"routes":`, `"triggers":["hook","jobs"],"routes":`)
	a.configure(`"version": "2.0",`,
		`"version": "2.0", "triggers": {"jobs": {"sqs": "all-jobs"}, "hook": {"http": "public"}},`)
	return a
}

// The verbs of a stage know its triggers.
func TestTriggersOfAStage(t *testing.T) {
	a := triggering(t)
	o := a.tyg("plan")
	for _, want := range []string{
		"event_source_mapping shop-dev-jobs", "lambda_function_url shop-dev-hook",
	} {
		if !strings.Contains(o.stdout, want) {
			t.Errorf("the plan has no %s:\n%s", want, o.stdout)
		}
	}
	var deployed, found struct {
		HTTP map[string]string `json:"http_urls"`
	}
	if err := json.Unmarshal([]byte(a.must("deploy", "--json")), &deployed); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(".tyg", "deployed")); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(a.must("url", "--json")), &found); err != nil { // by name
		t.Fatal(err)
	}
	if url := deployed.HTTP["hook"]; url == "" || found.HTTP["hook"] != url {
		t.Errorf("the URLs are %v, and %v by url", deployed.HTTP, found.HTTP)
	}
	if out := a.must("gen-policy"); !strings.Contains(out, "sqs:ReceiveMessage") {
		t.Errorf("the policy does not allow to read the queue:\n%s", out)
	}
	if out := a.must("gen-policy", "--deployer"); !strings.Contains(out, "CreateEventSourceMapping") {
		t.Errorf("the policy of deployers does not allow mappings:\n%s", out)
	}
	a.must("package", "out")
	text, err := os.ReadFile(filepath.Join("out", "template.json"))
	if err != nil || !strings.Contains(string(text), "AWS::Lambda::EventSourceMapping") {
		t.Errorf("the template has no mapping: %v", err)
	}
	calls := len(a.Calls())
	a.must("invoke", "--name", "jobs", "--sqs", "one", "--sqs", "two")
	last := a.Calls()[calls:]
	payload, _ := last[len(last)-1].Input["Payload"].([]byte)
	const source = `"eventSourceARN":"arn:aws:sqs:us-west-2:123456789012:all-jobs"`
	if strings.Count(string(payload), source) != 2 {
		t.Errorf("invoke has sent %s", payload)
	}
	a.must("delete", "--yes")
	if left := a.Resources(); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
}

func TestTriggersOfOneSideAreRefused(t *testing.T) {
	a := triggering(t)
	a.configure(`"jobs": {"sqs"`, `"job": {"sqs"`)
	a.fails(cli.ExitFailure, "Creating deployment package.\n"+
		"tyg: .tyg/config.json: triggers.job: the program has no handler for it; "+
		"did you mean \"jobs\"?; it has hook, jobs\n", "plan")
}
