package inforce

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg/cmd/internal/project"
	"github.com/tyg-dev/tyg/cmd/internal/strict"
)

const configuration = `{
  "app_name": "shop", "addr": ":1", "origins": ["https://a.example"],
  "lambda_functions": {
    "f": {"command": ["sh", "f.sh"], "lambda_timeout": 3,
      "environment_variables": {"COLOUR": "red", "DB_PASSWORD": "hunter2", "EMPTY": ""}}
  },
  "environment_variables": {"UPSTREAM": "https://me:hunter2@a.example/?token=hunter2"},
  "routes": {"$default": {"function": "f", "response": true}},
  "nats": "nats://me:hunter2@a.example:4222",
  "limits": {"idle": "1m", "frame": 1},
  "connections_keys": [{"access_key_id": "a", "secret_env": "B"}],
  "stages": {
    "prod": {
      "limits": {"frame": 2}, "drain": "0s", "extensions": {"binary": false},
      "lambda_functions": {"f": {"lambda_timeout": 4}}
    }
  }
}`

func valuesOf(t *testing.T, stage string, by project.Use, env map[string]string) string {
	t.Helper()
	c, err := project.ParseConfig([]byte(configuration))
	if err != nil {
		t.Fatal(err)
	}
	s := Source{
		Config: c, File: "config.json", Lines: strict.Lines([]byte(configuration)), Stage: stage, By: by,
		Getenv: func(name string) string { return env[name] },
	}
	var b strings.Builder
	for _, v := range s.Values() {
		fmt.Fprintf(&b, "%s=%s %s\n", v.Key, v.Value, v.From)
	}
	return b.String()
}

func TestValuesInForce(t *testing.T) {
	got := valuesOf(t, "prod", project.Gateway, map[string]string{
		"TYG_ADDR": ":2", "TYG_LIMIT_IDLE": "2m", "AWS_PROFILE": "work",
	})
	for _, want := range []string{
		"app_name=shop config.json:2", "addr=:2 TYG_ADDR", "api_gateway_stage=api default",
		`origins=["https://a.example"] config.json:2`,
		`lambda_functions.f.command=["sh", "f.sh"] config.json:4`,
		"lambda_functions.f.lambda_timeout=4 config.json:15",
		"lambda_functions.f.environment_variables.COLOUR=red config.json:5",
		"lambda_functions.f.environment_variables.DB_PASSWORD=(hidden) config.json:5",
		"lambda_functions.f.environment_variables.EMPTY= config.json:5",
		"environment_variables.UPSTREAM=https://xxxxx@a.example/?xxxxx config.json:7",
		"routes.$default.response=true config.json:8", "nats=nats://xxxxx@a.example:4222 config.json:9",
		"limits.idle=2m TYG_LIMIT_IDLE", "limits.frame=2 config.json:14",
		"extensions.binary=false config.json:14", "drain=0s config.json:14",
		"reserved_concurrency=10 default", "lambda_timeout=60 default",
		"connections_keys[0].secret_env=B config.json:11", "limits.life=2h default",
	} {
		if !slices.Contains(strings.Split(got, "\n"), want) {
			t.Errorf("the values lack %s", want)
		}
	}
	for _, never := range []string{"hunter2", "profile=work", "layers", "addr=:1", "limits="} {
		if strings.Contains(got, never) {
			t.Errorf("the values have %s", never)
		}
	}
	if t.Failed() {
		t.Log(got)
	}
	got = valuesOf(t, "dev", project.Gateway, map[string]string{"TYG_PROFILE": "server"})
	for _, want := range []string{
		"gateway_profile=server TYG_PROFILE", "limits.life=-1s profile server",
		"limits.message=16777216 profile server", "extensions.binary=true profile server",
		"limits.idle=1m0s config.json:10", "limits.read=30s default",
	} {
		if !strings.Contains(got, want+"\n") {
			t.Errorf("with a profile the values lack %s", want)
		}
	}
	got = valuesOf(t, "dev", project.Local, nil)
	if strings.Contains(got, "limits") || !strings.Contains(got, "drain=30s default\n") ||
		!strings.Contains(got, "addr=:1 config.json:2\n") {
		t.Errorf("for tyg local there is\n%s", got)
	}
}
