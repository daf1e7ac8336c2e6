package project

import (
	"reflect"
	"strings"
	"testing"
)

// TestEachKeyIsDescribed holds the table of keys to the fields of the configuration.
func TestEachKeyIsDescribed(t *testing.T) {
	described := make(map[string]bool)
	for _, g := range Keys() {
		for _, k := range g.Keys {
			if described[k.Path] {
				t.Errorf("%s is described twice", k.Path)
			}
			described[k.Path] = true
			if k.In == 0 || k.Says == "" || strings.HasSuffix(k.Says, ".") {
				t.Errorf("the description of %s is %+v", k.Path, k)
			}
			for by := range k.Missed {
				if k.In&by != 0 {
					t.Errorf("%s is missed by %s, which uses it", k.Path, by)
				}
			}
			if k.Type == "whole number" && k.Unit == "" && !strings.Contains(k.Says, "processes") {
				t.Errorf("%s has no unit", k.Path)
			}
		}
	}
	walk(reflect.TypeFor[Config](), "", func(path string, _ reflect.StructField) {
		if !described[path] {
			t.Errorf("the table has no description of %s", path)
		}
	})
}

func TestUnusedKeysThatAreMissed(t *testing.T) {
	c, err := ParseConfig([]byte(`{
		"limits": {"idle": "1m"}, "origins": ["*"],
		"lambda_functions": {"f": {"layers": ["arn"], "command": ["f"]}},
		"stages": {"prod": {"tls": {"acme": {"hosts": ["a"]}}}}
	}`))
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		stage string
		by    Use
		want  string
	}{
		{"dev", Gateway, "tyg gateway does not use layers (unpack them, and name their directories " +
			"in variables)"},
		{"dev", Deploy, "tyg deploy does not use origins (API Gateway lets all pages connect), " +
			"limits (API Gateway has its own limits)"},
		{"prod", Local, "tyg local does not use tls.acme (it serves ws, and wss with tls.cert_file), " +
			"limits (it keeps API Gateway's limits), layers (unpack them, and name their directories " +
			"in variables)"},
	} {
		if got := c.Unused(tt.stage, tt.by); got != tt.want {
			t.Errorf("%s in %s: %q\nwant %q", tt.by, tt.stage, got, tt.want)
		}
	}
	c, err = ParseConfig(NewConfig("chat", "demo"))
	if err != nil {
		t.Fatal(err)
	}
	if got := c.Unused("dev", Local); got != "" {
		t.Errorf("a new project: %s", got)
	}
}

func TestProgramVariables(t *testing.T) {
	c, err := ParseConfig([]byte(`{
		"addr": ":1", "origins": ["https://a.example", "null"], "gateway_profile": "server",
		"limits": {"idle": "-1s", "connections_per_address": 3}, "extensions": {"binary": false},
		"drain": "0s", "tls": {"cert_file": "c", "key_file": "k"}, "domain_name": "a.example",
		"api_gateway_stage": "prod"
	}`))
	if err != nil {
		t.Fatal(err)
	}
	got := strings.Join(c.At("dev").ProgramVariables(), " ")
	const want = "TYG_STAGE=prod TYG_ADDR=:1 TYG_ORIGIN=https://a.example,null TYG_CERT=c TYG_KEY=k " +
		"TYG_PROFILE=server TYG_LIMIT_IDLE=-1s TYG_LIMIT_CONNECTIONS_PER_ADDRESS=3 TYG_BINARY=false " +
		"TYG_DRAIN=0s"
	if got != want {
		t.Errorf("the variables are %s, want %s", got, want)
	}
}
