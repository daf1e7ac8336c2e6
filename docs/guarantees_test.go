package docs_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestGuarantees checks that every row of guarantees.md names a proof, and that every proof exists:
// the declaration of a test, or the name of a case of a suite.
func TestGuarantees(t *testing.T) {
	proof := regexp.MustCompile("\\[(`(?:Test|Fuzz)\\w+`|\"[^\"]+\")\\]\\(([^)]+)\\)")
	rows := 0
	for i, line := range readLines(t, "guarantees.md") {
		found := proof.FindAllStringSubmatch(line, -1)
		if strings.HasPrefix(line, "| **") {
			rows++
			if len(found) == 0 {
				t.Errorf("guarantees.md:%d: the row names no proof", i+1)
			}
		}
		for _, m := range found {
			want := m[1]
			if name := strings.Trim(want, "`"); name != want {
				want = "\nfunc " + name + "("
			}
			checkHas(t, i+1, m[2], want)
		}
	}
	if rows == 0 {
		t.Error("guarantees.md has no promises")
	}
}

func checkHas(t *testing.T, line int, file, want string) {
	t.Helper()
	source, err := os.ReadFile(filepath.FromSlash(file))
	if err != nil {
		t.Errorf("guarantees.md:%d: %v", line, err)
		return
	}
	if !strings.Contains(string(source), want) {
		t.Errorf("guarantees.md:%d: %s is not in %s", line, strings.TrimSpace(want), file)
	}
}
