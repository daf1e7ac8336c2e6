package main

import (
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg/cmd/internal/cli"
)

// Pages name only verbs and flags of tyg that exist.
func TestPagesNameFlagsThatExist(t *testing.T) {
	pages, err := filepath.Glob("../../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	e := &cli.Env{
		Stdin: strings.NewReader(""), Stdout: io.Discard, Stderr: io.Discard, Getenv: os.Getenv,
	}
	root := newRoot(e, nil)
	command := regexp.MustCompile("(?:`|^    |^\\$ |; |&& )tyg ([a-z][a-z-]*)([^`|;&#]*)")
	flag := regexp.MustCompile(`(?:^|\s)--([a-z][a-z-]*)`)
	found := 0
	for _, page := range append(pages, "../../README.md") {
		data, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for i, line := range strings.Split(string(data), "\n") {
			for _, m := range command.FindAllStringSubmatch(line, -1) {
				cmd, _, err := root.Find(append([]string{m[1]}, strings.Fields(m[2])...))
				if err != nil || cmd == root {
					t.Errorf("%s:%d: there is no tyg %s", page, i+1, m[1])
					continue
				}
				own, _, _ := strings.Cut(m[2], " -- ")
				for _, f := range flag.FindAllStringSubmatch(own, -1) {
					found++
					if cmd.Flags().Lookup(f[1]) == nil && f[1] != "help" {
						t.Errorf("%s:%d: tyg %s has no flag --%s", page, i+1, m[1], f[1])
					}
				}
			}
		}
	}
	if found < 20 {
		t.Errorf("the pages name %d flags; the test has overlooked the others", found)
	}
}
