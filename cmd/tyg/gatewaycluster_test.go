package main

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/tyg-dev/tyg/cmd/internal/project"
)

// TestEachKeyOfTheClusterIsAFlagAndAVariable sets each key by its flag and by its variable.
func TestEachKeyOfTheClusterIsAFlagAndAVariable(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	values := map[string]string{
		"name": "n", "node": "n", "shards": "3", "replicas": "3", "credentials_file": file,
		"insecure": "true", "nodes": "n1,n2,n3", "listen": "127.0.0.1:1", "dir": file,
		"cert_file": file, "key_file": file, "ca_file": file,
	}
	for _, g := range project.Keys() {
		for _, k := range g.Keys {
			key, ok := strings.CutPrefix(k.Path, "cluster.")
			if !ok || k.Flag == "" {
				continue
			}
			byFlag, byVariable := new(clusterFlags), new(clusterFlags)
			check := func(way string, c *clusterFlags, variable string, args ...string) {
				cmd := new(cobra.Command)
				c.add(cmd)
				if err := cmd.ParseFlags(args); err != nil {
					t.Fatal(err)
				}
				var over project.StageConfig
				err := c.apply(cmd, func(name string) string {
					if name == variable {
						return values[key]
					}
					return ""
				}, &over)
				got := clusterKey(over.Cluster, key)
				if err != nil || got != values[key] {
					t.Errorf("%s by %s is %q, %v; want %q", k.Path, way, got, err, values[key])
				}
			}
			check("--"+k.Flag, byFlag, "", "--"+k.Flag+"="+values[key])
			check(k.Variable, byVariable, k.Variable)
		}
	}
}

// clusterKey returns the value of a key as a flag has it.
func clusterKey(c project.Cluster, key string) string {
	for _, f := range reflect.VisibleFields(reflect.TypeFor[project.Cluster]()) {
		if f.Tag.Get("json") != key {
			continue
		}
		v := reflect.Indirect(reflect.ValueOf(c).FieldByIndex(f.Index))
		if list, ok := v.Interface().([]string); ok {
			return strings.Join(list, ",")
		}
		return fmt.Sprint(v.Interface())
	}
	return ""
}
