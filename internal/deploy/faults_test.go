package deploy_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestFaultsTable checks FAULTS.md against the tests of the whole module: a row for every fault, a
// test or a reason in every row, and no test of a fault that its row does not belong to.
func TestFaultsTable(t *testing.T) {
	tests := allTests(t)
	n := 0
	for line := range strings.Lines(string(readFile(t, "FAULTS.md"))) {
		if !strings.HasPrefix(line, "| C") {
			continue
		}
		n++
		cells := strings.Split(line, "|")
		if got := strings.TrimSpace(cells[1]); got != fmt.Sprint("C", n) {
			t.Errorf("row %d is about %s", n, got)
		}
		named := regexp.MustCompile(`Test\w+`).FindAllString(cells[4], -1)
		if len(named) == 0 && !strings.Contains(cells[3], "nothing to test: ") {
			t.Errorf("C%d has neither a test nor a reason", n)
		}
		for _, name := range named {
			if !tests[name] {
				t.Errorf("C%d names %s, which does not exist", n, name)
			}
			if m := regexp.MustCompile(`^TestC(\d+)`).FindStringSubmatch(name); m != nil &&
				m[1] != fmt.Sprint(n) {
				t.Errorf("C%d names %s", n, name)
			}
		}
	}
	if n != 33 {
		t.Errorf("the table has %d rows, want 33", n)
	}
}

// allTests returns the names of all tests of the module.
func allTests(t *testing.T) map[string]bool {
	t.Helper()
	all := make(map[string]bool)
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		for _, m := range regexp.MustCompile(`(?m)^func (Test\w+)`).FindAllSubmatch(text, -1) {
			all[string(m[1])] = true
		}
		return err
	})
	must(t, err)
	return all
}
