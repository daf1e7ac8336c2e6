package docs_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// A block is a fenced block of a page.
type block struct {
	line  int      // of the page, from 1, of the first line of text
	info  []string // the words after the fence
	text  []string
	turns []string // of the comment before it; nil if there is none
}

// word returns b.info[i], or "" if there are fewer words.
func (b block) word(i int) string {
	if i < len(b.info) {
		return b.info[i]
	}
	return ""
}

// blocks returns the fenced blocks of a page, without spaces at the ends of lines.
func blocks(t *testing.T, page string) []block {
	t.Helper()
	var (
		all   []block
		turns []string
		open  bool
	)
	turnsComment := regexp.MustCompile(`^<!-- turns: (.*) -->$`)
	for i, line := range readLines(t, page) {
		info, fence := strings.CutPrefix(line, "```")
		last := len(all) - 1
		switch {
		case fence && open:
			open = false
		case fence:
			open = true
			all = append(all, block{line: i + 2, info: strings.Fields(info), turns: turns})
			turns = nil
		case open:
			all[last].text = append(all[last].text, line)
		default:
			if m := turnsComment.FindStringSubmatch(line); m != nil {
				turns = strings.Fields(m[1])
			}
		}
	}
	if open {
		t.Fatalf("%s: the last block is not closed", page)
	}
	return all
}

func readLines(t *testing.T, file string) []string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(string(data), "\n"), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " \t\r")
	}
	return lines
}

// pages returns the pages of this folder and of folders in it.
func pages(t *testing.T) (all []string) {
	t.Helper()
	for _, pattern := range []string{"*.md", "*/*.md"} {
		found, err := filepath.Glob(pattern)
		if err != nil || len(found) == 0 {
			t.Fatalf("find pages by %s: %v, %v", pattern, found, err)
		}
		all = append(all, found...)
	}
	return all
}

// TestLinks checks that the files exist that pages link to.
func TestLinks(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^)#]+)[^)]*\)`)
	for _, page := range append(pages(t), "../README.md") {
		for i, line := range withoutCode(readLines(t, page)) {
			for _, m := range link.FindAllStringSubmatch(line, -1) {
				if strings.Contains(m[1], "://") {
					continue
				}
				if _, err := os.Stat(filepath.Join(filepath.Dir(page), m[1])); err != nil {
					t.Errorf("%s:%d: link to %s: %v", page, i+1, m[1], err)
				}
			}
		}
	}
}

// withoutCode empties the lines in fenced blocks and removes the code in the others, where
// NewValue[int](app) would look like a link.
func withoutCode(lines []string) []string {
	code := regexp.MustCompile("`[^`]*`")
	fenced := false
	for i, line := range lines {
		fence := strings.HasPrefix(line, "```")
		if fence {
			fenced = !fenced
		}
		lines[i] = code.ReplaceAllString(line, "")
		if fence || fenced {
			lines[i] = ""
		}
	}
	return lines
}
