package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func none(string) string { return "" }

func TestParse(t *testing.T) {
	cfg, err := parse(nil, none)
	if err != nil || cfg.Cluster != nil || cfg.Dir != "" {
		t.Errorf("without flags: %+v, %v", cfg, err)
	}
	cfg, err = parse(strings.Fields(
		"-dir d -sync -cluster 127.0.0.1:1,127.0.0.1:2,127.0.0.1:3 -node 127.0.0.1:2"),
		func(name string) string { return map[string]string{passwordVariable: "p"}[name] })
	if err != nil || cfg.Dir != "d" || !cfg.Sync || cfg.Cluster.Password != "p" ||
		len(cfg.Cluster.Nodes) != 3 || cfg.Cluster.Check() != nil {
		t.Errorf("a cluster: %+v %+v, %v", cfg, cfg.Cluster, err)
	}
}

func TestParseErrors(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte("no PEM"), 0o600); err != nil {
		t.Fatal(err)
	}
	const three = "-cluster 127.0.0.1:1,127.0.0.1:2,127.0.0.1:3 "
	for args, want := range map[string]string{
		"serve":                             `unexpected argument "serve"`,
		"-nonsense":                         "-nonsense",
		"-node 127.0.0.1:1":                 "name its nodes with -cluster",
		"-cluster a.invalid:1,b.invalid:1":  "say which with -node",
		three + "-node 127.0.0.1:1 -cert c": "needs -cert, -key and -ca",
		three + "-node 127.0.0.1:1 -cert " + file + " -key " + file + " -ca " + file: "load certificate",
	} {
		if _, err := parse(strings.Fields(args), none); err == nil ||
			!strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", args, err, want)
		}
	}
}
