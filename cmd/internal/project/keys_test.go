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
