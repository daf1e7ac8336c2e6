package docs_test

import (
	"path/filepath"
	"strings"
	"testing"
)

// Before the first release there is nothing that go install could download.
func TestPagesInstallWhatThereIs(t *testing.T) {
	for _, line := range readLines(t, "../CHANGELOG.md") {
		if strings.HasPrefix(line, "## v") {
			return // there is a release
		}
	}
	pages, err := filepath.Glob("*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range append(pages, "../README.md") {
		for i, line := range readLines(t, page) {
			if strings.Contains(line, "tyg-dev/tyg/") && strings.Contains(line, "@latest") {
				t.Errorf("%s:%d: %q cannot work before a release; build from a checkout", page, i+1, line)
			}
		}
	}
}
