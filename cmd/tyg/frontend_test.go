package main

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tyg-dev/tyg/cmd/internal/local"
	"github.com/tyg-dev/tyg/cmd/internal/project"
)

// TestProgramGetsTheConfiguration: flags go before the environment, and that before the file.
func TestProgramGetsTheConfiguration(t *testing.T) {
	c, err := project.ParseConfig([]byte(`{
		"app_name": "shop", "app": "main", "addr": ":1", "limits": {"idle": "1m"}, "nats": "nats://a.example",
		"tls": {"cert_file": "c.pem", "key_file": "/k.pem"}, "api_gateway_stage": "v1",
		"lambda_functions": {"main": {"environment_variables": {"A": "b"}}}
	}`))
	if err != nil {
		t.Fatal(err)
	}
	l := localRun{stage: "dev", drain: time.Second, drainSet: true}
	l.Dir = "/project"
	got := strings.Join(l.environ(c, []string{"TYG_ADDR=:2"}), "\n")
	for _, want := range []string{
		"A=b", "TYG_ADDR=:1", "TYG_ADDR=:2", "TYG_LIMIT_IDLE=1m0s", "TYG_NATS_URL=nats://a.example",
		"TYG_CERT=" + filepath.Join("/project", "c.pem"), "TYG_KEY=/k.pem", "TYG_STAGE=v1",
		"TYG_DRAIN=1s", "TYG_APP_NAME=shop",
	} {
		if !strings.Contains("\n"+got+"\n", "\n"+want+"\n") {
			t.Errorf("the environment lacks %s", want)
		}
	}
	if strings.LastIndex(got, "TYG_ADDR=:2") < strings.LastIndex(got, "TYG_ADDR=:1") {
		t.Error("the file goes before the environment")
	}
	if t.Failed() {
		t.Log(got)
	}
}

// TestProgramGetsOriginsAndCertificate: with --in-process the program serves the pages' sockets.
func TestProgramGetsOriginsAndCertificate(t *testing.T) {
	c := project.Config{StageConfig: project.StageConfig{Origins: []string{"https://a.example"}}}
	l := localRun{}
	l.Cert, l.Key = "/c", "/k"
	last := func(user ...string) map[string]string {
		vars := make(map[string]string)
		for _, entry := range l.environ(c, user) {
			name, value, _ := strings.Cut(entry, "=")
			vars[name] = value
		}
		return vars
	}
	loopback := strings.Join(local.Origins(), ",")
	got := last()
	if want := loopback + ",https://a.example"; got["TYG_ORIGIN"] != want {
		t.Errorf("the origins are %s, want %s", got["TYG_ORIGIN"], want)
	}
	if got["TYG_CERT"] != "/c" || got["TYG_KEY"] != "/k" {
		t.Errorf("the certificate is %s, %s", got["TYG_CERT"], got["TYG_KEY"])
	}
	if got := last("TYG_ORIGIN=x")["TYG_ORIGIN"]; got != "x" {
		t.Errorf("the environment sets %s, want x", got)
	}
	l.Origins = []string{"null"}
	if got := last("TYG_ORIGIN=x")["TYG_ORIGIN"]; got != loopback+",https://a.example,null" {
		t.Errorf("with --origin null the origins are %s", got)
	}
}
