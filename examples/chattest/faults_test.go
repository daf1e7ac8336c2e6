package chattest

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestFaultsTable checks ../chat/FAULTS.md against the tests: a row for every fault, a test or a
// reason in every row, and no test of a fault that its row does not name.
func TestFaultsTable(t *testing.T) {
	table, err := os.ReadFile("../chat/FAULTS.md")
	if err != nil {
		t.Fatal(err)
	}
	tests := testNames(t)
	n := 0
	for line := range strings.Lines(string(table)) {
		if !strings.HasPrefix(line, "| T") {
			continue
		}
		n++
		checkRow(t, n, strings.Split(strings.Trim(line, "| \n"), " | "), tests)
	}
	if n != 52 {
		t.Errorf("the table has %d rows, want 52", n)
	}
}

func checkRow(t *testing.T, n int, cells, tests []string) {
	t.Helper()
	number, last := cells[0], cells[len(cells)-1]
	if want := fmt.Sprintf("T%d", n); number != want {
		t.Errorf("row %d is about %s, want %s", n, number, want)
	}
	for _, name := range tests {
		if strings.HasPrefix(name, fmt.Sprintf("TestT%02d_", n)) && !strings.Contains(last, name) {
			t.Errorf("%s does not name its %s", number, name)
		}
	}
	elsewhere := regexp.MustCompile(`^in (\S+): `).FindStringSubmatch(last)
	if elsewhere != nil {
		tests = namesIn(t, filepath.Join("../..", elsewhere[1], "*_test.go"))
	}
	named := regexp.MustCompile(`Test\w+`).FindAllString(last, -1)
	for _, name := range named {
		if !slices.Contains(tests, name) {
			t.Errorf("%s names %s, which does not exist", number, name)
		}
	}
	reason := elsewhere != nil && len(named) > 0 || strings.HasPrefix(last, "nothing to test: ")
	if own := strings.HasPrefix(last, fmt.Sprintf("`TestT%02d_", n)); !own && !reason {
		t.Errorf("%s has neither a test of its own nor a reason: %q", number, last)
	}
}

func testNames(t *testing.T) (names []string) {
	t.Helper()
	for _, pattern := range []string{"*_test.go", "../chat/*_test.go", "../chat/chatlib/*_test.go"} {
		names = append(names, namesIn(t, pattern)...)
	}
	return names
}

// namesIn returns the names of the tests in some files.
func namesIn(t *testing.T, pattern string) (names []string) {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("find tests %s: %v, %v", pattern, files, err)
	}
	declared := regexp.MustCompile(`(?m)^func (Test\w+)\(`)
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range declared.FindAllStringSubmatch(string(source), -1) {
			names = append(names, match[1])
		}
	}
	return names
}
