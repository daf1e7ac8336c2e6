package docs_test

import (
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestComparisonCountsLines counts the lines of code of each program that a number of comparison.md
// links to.
func TestComparisonCountsLines(t *testing.T) {
	number := regexp.MustCompile(`\[(\d+)\]\(([^)]+\.(?:go|mjs))\)`)
	programs := 0
	for i, line := range readLines(t, "comparison.md") {
		for _, m := range number.FindAllStringSubmatch(line, -1) {
			programs++
			want := countCode(readLines(t, filepath.FromSlash(m[2])))
			if m[1] != strconv.Itoa(want) {
				t.Errorf("comparison.md:%d: %s has %d lines of code, not %s", i+1, m[2], want, m[1])
			}
		}
	}
	if programs != 12 {
		t.Errorf("comparison.md links to %d programs, want 3 of each of 4 libraries", programs)
	}
}

// countCode counts the lines that are neither blank nor comments. A directive such as //go:embed is
// code.
func countCode(lines []string) int {
	n := 0
	for _, line := range lines {
		line = strings.TrimSpace(line)
		comment := strings.HasPrefix(line, "//") && !strings.HasPrefix(line, "//go:")
		if line != "" && !comment {
			n++
		}
	}
	return n
}

func TestCountCode(t *testing.T) {
	lines := []string{"// Package p", "package p", "", "//go:embed page", "\t// a", "f() // b", "}"}
	if got := countCode(lines); got != 4 {
		t.Errorf("counted %d lines of code, want 4", got)
	}
}

// TestComparisonNamesVersions checks that the page names the versions that are compared.
func TestComparisonNamesVersions(t *testing.T) {
	page := strings.Join(readLines(t, "comparison.md"), "\n")
	sources := slices.Concat(readLines(t, "../bench/go.mod"),
		readLines(t, "../bench/comparison/package.json"))
	for _, row := range []struct{ source, name string }{
		{`olahol/melody (v[\d.]+)$`, "melody "},
		{`centrifugal/centrifuge (v[\d.]+)$`, "centrifuge "},
		{`"centrifuge": "([\d.]+)"`, "centrifuge "},
		{`"socket\.io": "([\d.]+)"`, "Socket.IO "},
		{`"socket\.io-client": "([\d.]+)"`, "socket.io-client "},
	} {
		version := regexp.MustCompile(row.source)
		at := slices.IndexFunc(sources, version.MatchString)
		if at < 0 {
			t.Errorf("no module or package matches %s", row.source)
			continue
		}
		want := row.name + version.FindStringSubmatch(sources[at])[1]
		if !strings.Contains(page, want) {
			t.Errorf("comparison.md does not name %s", want)
		}
	}
}
