package docs_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// maxColumns is how long a line of Go may be; a tab counts as one. Lines with a URL are exempt.
const maxColumns = 100

// indefinite are the words for persons that the repository does without, in prose and in names: the
// subject of a sentence is a thing, such as the client, the caller or the gateway.
var indefinite = []string{
	"nobody", "somebody", "anybody", "everybody",
	"no one", "someone", "anyone", "everyone",
	"whoever", "whomever",
}

// exceptions are the only places that may have such words, and why. An empty file is every file.
var exceptions = []struct{ file, text, reason string }{
	{"", "http.NoBody", "net/http calls it so"},
	{"", "Everyone", "App.Everyone is the group of all connections"},
	{"examples/chat/chatlib/replies.go", "sent to everyone else in the room", "tutorial of Chalice"},
	{"examples/chat/main_test.go", "sent to everyone else in the room", "tutorial of Chalice"},
	{"", "TYG_EVERYONE", "the variable for it on AWS"},
	{"", "@everyone", "its path in the API of a gateway"},
	{"docs/tutorial.md", "sent to everyone else in the room", "output of the chat"},
}

// TestSourceIsPlain checks all Go and Markdown of this repository but this file, which spells the
// words out.
func TestSourceIsPlain(t *testing.T) {
	used := make([]bool, len(exceptions))
	for _, name := range sourceFiles(t) {
		if name == "docs/prose_test.go" {
			continue
		}
		text := readFile(t, name)
		for i, e := range exceptions {
			if (e.file == "" || e.file == name) && strings.Contains(text, e.text) {
				used[i], text = true, strings.ReplaceAll(text, e.text, "")
			}
		}
		text = strings.ToLower(text)
		for _, word := range indefinite {
			if before, _, found := strings.Cut(text, word); found {
				line := strings.Count(before, "\n") + 1
				t.Errorf("%s:%d: %q: name the thing instead", name, line, word)
			}
		}
	}
	for i, e := range exceptions {
		if !used[i] {
			t.Errorf("%s has no %q; take the exception off the list", e.file, e.text)
		}
	}
}

// TestGoLinesFit checks how long the lines of Go in this repository are.
func TestGoLinesFit(t *testing.T) {
	for _, name := range sourceFiles(t) {
		if path.Ext(name) != ".go" {
			continue
		}
		for n, line := range strings.Split(readFile(t, name), "\n") {
			columns := utf8.RuneCountInString(strings.TrimSuffix(line, "\r"))
			if columns > maxColumns && !strings.Contains(line, "://") {
				t.Errorf("%s:%d: %d columns, more than %d", name, n+1, columns, maxColumns)
			}
		}
	}
}

// sourceFiles lists the Go and Markdown files of the repository: those that git tracks, or all in a
// copy without git.
func sourceFiles(t *testing.T) []string {
	t.Helper()
	list := exec.CommandContext(t.Context(), "git", "-C", "..", "ls-files", "-z", "*.go", "*.md")
	out, err := list.Output()
	names := strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00")
	if err != nil || len(out) == 0 {
		names = walkSourceFiles(t)
	}
	return slices.DeleteFunc(names, func(name string) bool {
		return strings.Contains(name, "/testdata/")
	})
}

func walkSourceFiles(t *testing.T) (names []string) {
	t.Helper()
	err := fs.WalkDir(os.DirFS(".."), ".", func(name string, d fs.DirEntry, err error) error {
		if ext := path.Ext(name); err == nil && !d.IsDir() && (ext == ".go" || ext == ".md") {
			names = append(names, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// readFile reads a file by its path in the repository.
func readFile(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestMentionedNamesExist checks every "`file.go` Name" that the pages for readers of the source
// mention: that the file is there, and that it declares the name.
func TestMentionedNamesExist(t *testing.T) {
	for _, page := range []string{"README.md", "docs/architecture.md"} {
		if checkMentions(t, page, readFile(t, page), inMarkdown) == 0 {
			t.Errorf("%s mentions no file; take it off the list", page)
		}
	}
	found := 0
	for _, page := range sourceFiles(t) {
		if path.Base(page) == "doc.go" {
			found += checkMentions(t, page, packageComment(t, page), inComments)
		}
	}
	if found == 0 {
		t.Error("no doc.go mentions a file")
	}
}

// How pages mention files: between backquotes, or in doc.go as a word.
var (
	inMarkdown = regexp.MustCompile("`([\\w./-]+\\.go)`")
	inComments = regexp.MustCompile(`([\w./-]+\.go)\b`)
)

// wrapped is a line break inside a paragraph: no row of a table and no item of a list follows.
var wrapped = regexp.MustCompile(`\n([^\s|\d-])`)

// checkMentions returns how many files the text mentions.
func checkMentions(t *testing.T, page, text string, file *regexp.Regexp) (found int) {
	t.Helper()
	for line := range strings.SplitSeq(wrapped.ReplaceAllString(text, " $1"), "\n") {
		folder := path.Dir(page)
		all := file.FindAllStringSubmatchIndex(line, -1)
		for i, at := range all {
			end := len(line)
			if i+1 < len(all) {
				end = all[i+1][0]
			}
			folder = checkMention(t, page, folder, line[at[2]:at[3]], line[at[1]:end])
		}
		found += len(all)
	}
	return found
}

// checkMention returns the folder of the file. The path of a file begins in the folder of the file
// before it, in that of the page, or in the root.
func checkMention(t *testing.T, page, folder, file, after string) string {
	t.Helper()
	for _, from := range []string{folder, path.Dir(page)} {
		if _, err := os.Stat(filepath.Join("..", from, file)); err == nil {
			file = path.Join(from, file)
			break
		}
	}
	declared, err := declarations(filepath.Join("..", file))
	if err != nil {
		t.Errorf("%s mentions %s: %v", page, file, err)
		return path.Dir(file)
	}
	for _, name := range namesAfter(after) {
		if !declared[name] {
			t.Errorf("%s mentions %s %s, and the file does not declare it", page, file, name)
		}
	}
	return path.Dir(file)
}

// nameAfter is a name and what shows that it is one: a sign, an arrow, the next column or the end.
var nameAfter = regexp.MustCompile(`^,? +([A-Za-z]\w*)([,;:.)|]| →|  |$)`)

// namesAfter returns the names that stand right behind a file: " Send, send," but not the prose
// that follows, as in " Handle, then your function".
func namesAfter(text string) (names []string) {
	for {
		m := nameAfter.FindStringSubmatch(text)
		if m == nil {
			return names
		}
		names = append(names, m[1])
		text = text[len(m[0])-len(m[2]):]
	}
}

// packageComment returns the comment of the package in a file.
func packageComment(t *testing.T, name string) string {
	t.Helper()
	const mode = parser.PackageClauseOnly | parser.ParseComments
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join("..", name), nil, mode)
	if err != nil {
		t.Fatal(err)
	}
	return file.Doc.Text()
}

// declarations returns the names that a file declares outside of functions; methods and fields are
// among them.
func declarations(name string) (map[string]bool, error) {
	file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
	if err != nil {
		return nil, err
	}
	declared := make(map[string]bool)
	add := func(idents ...*ast.Ident) {
		for _, ident := range idents {
			declared[ident.Name] = true
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			add(n.Name)
			return false
		case *ast.TypeSpec:
			add(n.Name)
		case *ast.ValueSpec:
			add(n.Names...)
		case *ast.Field:
			add(n.Names...)
		case *ast.FuncType, *ast.FuncLit:
			return false
		}
		return true
	})
	return declared, nil
}

func TestNamesAfter(t *testing.T) {
	for text, want := range map[string][]string{
		" Serve, ":                    {"Serve"},
		" send, flush":                {"send", "flush"},
		" Handle, then your function": {"Handle"},
		" message: message to Event":  {"message"},
		" → ":                         nil,
		" Turn, Ended → ":             {"Turn", "Ended"},
		"    Invoke    finds a pool":  {"Invoke"},
		" says what":                  nil,
		"":                            nil,
	} {
		if got := namesAfter(text); !slices.Equal(got, want) {
			t.Errorf("after a file, %q names %q, want %q", text, got, want)
		}
	}
}
