package main

import (
	"bytes"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/tyg-dev/tyg/cmd/internal/cli"
	"github.com/tyg-dev/tyg/cmd/internal/project"
	"github.com/tyg-dev/tyg/cmd/internal/reference"
	"github.com/tyg-dev/tyg/host"
)

// testRoot returns the command tree, without an environment.
func testRoot() *cobra.Command {
	return newRoot(&cli.Env{
		Stdin: strings.NewReader(""), Stdout: io.Discard, Stderr: io.Discard,
		Getenv: func(string) string { return "" },
	}, nil)
}

// TestConfigurationPageIsGenerated: the page and the schema are what the code says now.
func TestConfigurationPageIsGenerated(t *testing.T) {
	page, err := configPage(testRoot())
	if err != nil {
		t.Fatal(err)
	}
	schema, err := reference.Schema()
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string][]byte{
		"configuration.md": page, "configuration.schema.json": schema,
	} {
		got, err := os.ReadFile(filepath.Join("../../docs", name))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(bytes.ReplaceAll(got, []byte("\r\n"), []byte("\n")), want) {
			t.Errorf("docs/%s is stale; run go generate ./cmd/tyg", name)
		}
	}
}

// TestPageNamesEveryVariable: what the source calls TYG_… is on the page.
func TestPageNamesEveryVariable(t *testing.T) {
	page, err := configPage(testRoot())
	if err != nil {
		t.Fatal(err)
	}
	name := regexp.MustCompile(`"(TYG_[A-Z_]+)"`)
	found := 0
	err = filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") ||
			strings.HasSuffix(path, "_test.go") || strings.Contains(path, "bench") {
			return err
		}
		data, err := os.ReadFile(path)
		for _, m := range name.FindAllSubmatch(data, -1) {
			found++
			if !bytes.Contains(page, m[1]) && !bytes.HasPrefix(m[1], []byte("TYG_TEST_")) {
				t.Errorf("%s: the page about configuration does not name %s", path, m[1])
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if found < 20 {
		t.Errorf("the source names %d variables; the test has overlooked the others", found)
	}
}

// TestKeysHaveTheirFlags: a key that names a flag has it in each command whose flags it lists, with
// that variable.
func TestKeysHaveTheirFlags(t *testing.T) {
	root := testRoot()
	programs := host.Flags()
	for _, g := range project.Keys() {
		for _, k := range g.Keys {
			if k.Flag == "" {
				continue
			}
			found := 0
			for use, command := range map[project.Use]string{
				project.Local: "local", project.Gateway: "gateway", project.Deploy: "deploy",
			} {
				cmd, _, err := root.Find([]string{command})
				if err != nil {
					t.Fatal(err)
				}
				f := cmd.Flags().Lookup(k.Flag)
				if k.In&use == 0 || f == nil {
					continue
				}
				found++
				if cli.VariableOf(f) != k.Variable {
					t.Errorf("tyg %s --%s is %q, and the key says %q", command, k.Flag, cli.VariableOf(f),
						k.Variable)
				}
			}
			f := programs.Lookup(k.Flag)
			if k.In&project.Program != 0 && f == nil {
				t.Errorf("programs have no flag -%s for %s", k.Flag, k.Path)
			}
			if strings.HasPrefix(k.Path, "limits.") && !strings.Contains(f.Usage, "("+k.Default+"; -1") {
				t.Errorf("the default of %s is %s, and that of its flag is in %q", k.Path, k.Default, f.Usage)
			}
			if found == 0 {
				t.Errorf("no command that uses %s has the flag --%s", k.Path, k.Flag)
			}
		}
	}
}
