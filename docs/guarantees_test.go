package docs_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestGuarantees checks that every row of these pages names a proof, and that every proof exists:
// the declaration of a test, or the name of a case of a suite.
func TestGuarantees(t *testing.T) {
	for _, page := range []string{"guarantees.md", "threat-model.md"} {
		checkProofs(t, page)
	}
}

func checkProofs(t *testing.T, page string) {
	t.Helper()
	proof := regexp.MustCompile("\\[(`(?:Test|Fuzz)\\w+`|\"[^\"]+\")\\]\\(([^)]+)\\)")
	rows := 0
	for i, line := range readLines(t, page) {
		found := proof.FindAllStringSubmatch(line, -1)
		if strings.HasPrefix(line, "| **") {
			rows++
			if len(found) == 0 {
				t.Errorf("%s:%d: the row names no proof", page, i+1)
			}
		}
		for _, m := range found {
			want := m[1]
			if name := strings.Trim(want, "`"); name != want {
				want = "\nfunc " + name + "("
			}
			checkHas(t, fmt.Sprintf("%s:%d", page, i+1), m[2], want)
		}
	}
	if rows == 0 {
		t.Errorf("%s has no promises", page)
	}
}

func checkHas(t *testing.T, place, file, want string) {
	t.Helper()
	source, err := os.ReadFile(filepath.FromSlash(file))
	if err != nil {
		t.Errorf("%s: %v", place, err)
		return
	}
	if !strings.Contains(string(source), want) {
		t.Errorf("%s: %s is not in %s", place, strings.TrimSpace(want), file)
	}
}
