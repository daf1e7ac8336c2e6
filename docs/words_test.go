package docs_test

import (
	"regexp"
	"strings"
)

// A step is an input line of a console block and the output after it. Does is empty for output
// before any input.
type step struct {
	line  int
	does  string
	wants []string
}

// steps splits a console block into its steps.
func steps(b block) []step {
	var all []step
	for i, line := range b.text {
		last := len(all) - 1
		does := line == "^C" || line == ">" || strings.HasPrefix(line, "$ ") ||
			strings.HasPrefix(line, "> ")
		switch {
		case does:
			all = append(all, step{line: b.line + i, does: line})
		case last < 0:
			all = append(all, step{line: b.line + i, wants: []string{line}})
		case strings.HasSuffix(all[last].does, `\`):
			all[last].does += "\n" + line
		default:
			all[last].wants = append(all[last].wants, line)
		}
	}
	return all
}

// words are the values of the ‹NAME›s and ports of the page.
type words map[string]string

// special matches placeholders: …, ‹NAME› and ports.
func special() *regexp.Regexp { return regexp.MustCompile(`…|‹(\w+)›|\b[89]000\b`) }

// fill puts the words into an input line. A port without a value yet is 0, which picks a free one.
func (w words) fill(line string) string {
	return special().ReplaceAllStringFunc(line, func(s string) string {
		if value, ok := w[s]; ok {
			return value
		}
		if s == "8000" || s == "9000" {
			return "0"
		}
		return s
	})
}

// match compares a line of output with a line of the page, and learns new words from it.
func (w words) match(want, got string) bool {
	if strings.HasPrefix(want, "Serving ") {
		delete(w, special().FindString(want)) // served anew
	}
	var (
		pattern strings.Builder
		learnt  []string
		end     int
	)
	for _, at := range special().FindAllStringIndex(want, -1) {
		word := want[at[0]:at[1]]
		pattern.WriteString(regexp.QuoteMeta(want[end:at[0]]))
		end = at[1]
		if value, ok := w[word]; ok {
			pattern.WriteString(regexp.QuoteMeta(value))
			continue
		}
		pattern.WriteString("(.+)")
		learnt = append(learnt, word)
	}
	pattern.WriteString(regexp.QuoteMeta(want[end:]))
	m := regexp.MustCompile("^" + pattern.String() + "$").FindStringSubmatch(got)
	if m == nil {
		return false
	}
	for i, word := range learnt {
		if word != "…" {
			w[word] = m[i+1]
		}
	}
	return true
}

// matchAll compares the whole output of a command.
func (w words) matchAll(wants, got []string) bool {
	if len(wants) == 0 {
		return len(got) == 1 && got[0] == ""
	}
	if len(wants) != len(got) {
		return false
	}
	for i, want := range wants {
		if !w.match(want, strings.TrimRight(got[i], " \r")) {
			return false
		}
	}
	return true
}
