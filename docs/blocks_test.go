package docs_test

import (
	"encoding/json"
	"fmt"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Every block of code of every page is of a kind that a test compiles or runs, or has a reason in
// unplayed. The kinds of fenced blocks:
//
//	LANG in FILE     stands in FILE, which go vet compiles and tests run
//	js               of README.md: TestReadmeScriptInBrowser runs it
//	json             a configuration: the tests of cmd/internal/project parse it
//	console, LANG …  of a page in played: its test follows them
//	console          of README.md: TestReadmeChat follows them
//
// Indented blocks are commands, with the output of those that begin with "$ ". The verbs and flags
// of tyg are checked by TestPagesNameFlagsThatExist of cmd/tyg, the packages of go and the targets
// of make here.

// played are the pages whose consoles and files a test follows.
func played() map[string]func(*testing.T) {
	return map[string]func(*testing.T){
		"aws.md": TestAWS, "aws-change.md": TestAWS, "aws-permissions.md": TestAWS,
		"aws-ci.md": TestAWS,
		"bench.md":  TestBench, "connect.md": TestConnect,
		"groups-api.md": TestGroupsAPI, "self-hosting.md": TestSelfHosting,
		"tutorial.md": TestTutorial, "../README.md": TestReadmeChat,
	}
}

// unplayed are the blocks that no test runs, by a part of their text, and why.
func unplayed() map[string]string {
	return map[string]string{
		"client ──ws──▶ gateway":        "a drawing",
		`$ tyg connect "$(tyg url)"`:    "needs an account of AWS",
		"$ tyg logs -n":                 "needs an account of AWS",
		"publish:   chat.>":             "subjects of NATS; no test reads them",
		"app.OnOpen(func(ctx":           "TestGreeting runs it",
		"var clients = map[tyg.ConnID]": "a mistake",
		"<!-- bench:echo -->":           "a place in a page: TestFill of bench has one",
		"go tool pprof":                 "needs the profile of a run",
		"RELEASE  PUBLISHED":            "TestRollbackOfAStage of cmd/tyg-aws prints such a table",
		"[live.deploy.parameters]":      "TestSAMConfig of cmd/internal/template reads such a file",
		"[Service]":                     "of the unit that a test of cmd/internal/selfhost parses",
	}
}

// programs are those of other authors, and of the pages themselves, which are not here to be run.
func programs() []string {
	return []string{
		"aws", "cd", "docker", "export", "git", "kubectl", "nats-server", "npm", "npx", "pip", "ssh",
		"sudo", "terraform",
	}
}

// allPages returns the pages of docs and of the repository.
func allPages(t *testing.T) []string {
	return append(pages(t), "../README.md", "../CONTRIBUTING.md", "../SECURITY.md",
		"../CHANGELOG.md", "../bench/README.md", "../deploy/README.md")
}

func TestEveryBlockIsTested(t *testing.T) {
	used := make(map[string]bool)
	kinds := make(map[string]int)
	for _, page := range allPages(t) {
		for _, b := range append(blocks(t, page), indented(t, page)...) {
			kind, err := checkBlock(page, b, used)
			if err != nil {
				t.Errorf("%s:%d: %v:\n%s", page, b.line, err, strings.Join(b.text, "\n"))
			}
			kinds[kind]++
		}
	}
	for _, kind := range []string{"in", "js", "json", "played", "commands"} {
		if kinds[kind] == 0 {
			t.Errorf("no block is of the kind %q; the test has overlooked them: %v", kind, kinds)
		}
	}
	for part := range unplayed() {
		if !used[part] {
			t.Errorf("no block has %q; take it off the list", part)
		}
	}
}

// checkBlock returns the kind of a block, or an error if no test would notice that it is wrong.
func checkBlock(page string, b block, used map[string]bool) (kind string, err error) {
	text := strings.Join(b.text, "\n")
	for part := range unplayed() {
		if strings.Contains(text, part) {
			used[part] = true
			return "unplayed", nil
		}
	}
	_, follows := played()[page]
	switch {
	case b.word(0) == "indented":
		return "commands", checkCommands(page, b)
	case b.word(1) == "in" && page != "tutorial.md":
		return "in", checkPart(page, b)
	case b.word(0) == "js" && page == "../README.md":
		return "js", nil
	case len(b.info) == 1 && b.word(0) == "json":
		if !json.Valid([]byte(text)) {
			return "json", fmt.Errorf("this is no JSON")
		}
		return "json", nil
	case follows && len(b.info) > 0:
		return "played", nil
	}
	return "", fmt.Errorf("no test runs this block; write %q, or give a reason in unplayed",
		"LANG in FILE")
}

// checkPart checks that the lines of a block stand in its file.
func checkPart(page string, b block) error {
	file := filepath.Join(filepath.Dir(page), filepath.FromSlash(b.word(2)))
	source, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	lines := strings.Split(strings.TrimSuffix(string(source), "\n"), "\n")
	if !containsIndented(lines, b.text) {
		return fmt.Errorf("%s does not contain it", file)
	}
	if filepath.Ext(file) == ".go" {
		_, err = parser.ParseFile(token.NewFileSet(), file, source, 0)
	}
	return err
}

// indented returns the blocks of a page that are indented by four spaces, without these.
func indented(t *testing.T, page string) (all []block) {
	t.Helper()
	fenced, open, before := false, false, ""
	for i, line := range readLines(t, page) {
		fence := strings.HasPrefix(line, "```")
		if fence {
			fenced = !fenced
		}
		code, isCode := strings.CutPrefix(line, "    ")
		switch {
		case fence || fenced:
			open = false
		case isCode && (open || before == "" && i > 0):
			if !open {
				all = append(all, block{line: i + 1, info: []string{"indented"}})
			}
			open = true
			last := &all[len(all)-1]
			last.text = append(last.text, code)
		case line != "":
			open = false
		}
		before = line
	}
	return slices.DeleteFunc(all, func(b block) bool { return inList(t, page, b) })
}

// marker begins an item of a list.
var marker = regexp.MustCompile(`^(- |\d+\. )`)

// inList reports whether a block is the text of an item of a list, which is indented, too.
func inList(t *testing.T, page string, b block) bool {
	lines := readLines(t, page)
	for i := b.line - 2; i >= 0; i-- {
		switch {
		case lines[i] == "" || strings.HasPrefix(lines[i], " "):
		default:
			return marker.MatchString(lines[i])
		}
	}
	return false
}

// checkCommands checks the commands of an indented block. In a block of a session, they begin with
// "$ ", and the other lines are output.
func checkCommands(page string, b block) error {
	session := strings.HasPrefix(b.text[0], "$ ")
	dir := filepath.Dir(filepath.Join("docs", page)) // of the commands, in the repository
	if page != "../bench/README.md" {
		dir = "."
	}
	for _, line := range b.text {
		command, typed := strings.CutPrefix(line, "$ ")
		if session && !typed {
			continue
		}
		command, _, _ = strings.Cut(command, " #")
		for part := range strings.SplitSeq(command, "&&") {
			fields := strings.Fields(part)
			for len(fields) > 0 && regexp.MustCompile(`^\w+=`).MatchString(fields[0]) {
				fields = fields[1:] // a variable
			}
			if len(fields) == 2 && fields[0] == "cd" && exists(dir, fields[1]) {
				dir = filepath.Join(dir, fields[1])
			}
			if err := checkCommand(dir, fields); err != nil {
				return err
			}
		}
	}
	return nil
}

func exists(dir, name string) bool {
	_, err := os.Stat(filepath.Join("..", dir, filepath.FromSlash(name)))
	return err == nil
}

// checkCommand checks one command in a directory of the repository.
func checkCommand(dir string, fields []string) error {
	switch {
	case len(fields) == 0, fields[0] == "tyg", slices.Contains(programs(), fields[0]):
		return nil
	case fields[0] == "go":
		return checkGo(dir, fields)
	case fields[0] == "make" && len(fields) == 2:
		makefile, err := os.ReadFile(filepath.Join("..", dir, "Makefile"))
		if err == nil && !strings.Contains("\n"+string(makefile), "\n"+fields[1]+":") {
			err = fmt.Errorf("%s/Makefile has no %s", dir, fields[1])
		}
		return err
	case strings.HasPrefix(fields[0], "./") && exists("examples", fields[0]):
		return nil // a program that a command before has built
	case slices.Contains([]string{".ci/run", "test/cluster/run"}, fields[0]) && exists(dir, fields[0]):
		return nil
	}
	return fmt.Errorf("%q is no command that a test knows", strings.Join(fields, " "))
}

// checkGo checks the verb of a go command, and that its packages exist.
func checkGo(dir string, fields []string) error {
	verbs := []string{"build", "get", "install", "run", "test"}
	if len(fields) < 2 || !slices.Contains(verbs, fields[1]) {
		return fmt.Errorf("%q is no command that a test knows", strings.Join(fields, " "))
	}
	for _, field := range fields[2:] {
		name, _, _ := strings.Cut(field, "...")
		ours, found := strings.CutPrefix(name, "github.com/tyg-dev/tyg/")
		if found && !exists(".", ours) || strings.HasPrefix(name, "./") && !exists(dir, name) {
			return fmt.Errorf("there is no package %s in %s", field, dir)
		}
	}
	return nil
}

// TestUntestedBlocksAreFound checks the rule itself.
func TestUntestedBlocksAreFound(t *testing.T) {
	for _, test := range []struct {
		page, info, text string
		ok               bool
	}{
		{"moving.md", "go", "x := 1", false},
		{"moving.md", "go in guides_test.go", "x := 1", false},
		{"moving.md", "go in gone.go", "x := 1", false},
		{"moving.md", "go in guides_test.go", "app := tyg.New(\"broadcast\")", true},
		{"moving.md", "console", "$ tyg version", false},
		{"tutorial.md", "console", "$ tyg version", true},
		{"moving.md", "", "text", false},
		{"moving.md", "json", "{", false},
		{"moving.md", "json", "{}", true},
		{"moving.md", "indented", "tyg local", true},
		{"moving.md", "indented", "rm -rf /", false},
		{"moving.md", "indented", "go run ./examples/chat  # with a comment", true},
		{"moving.md", "indented", "go run ./examples/gone", false},
		{"moving.md", "indented", "go get github.com/tyg-dev/tyg/jwtauth", true},
		{"moving.md", "indented", "go get github.com/tyg-dev/tyg/gone", false},
		{"moving.md", "indented", "go frob ./examples/chat", false},
		{"moving.md", "indented", "X=1 go build -o chat ./examples/chat && ./chat -addr :1", true},
		{"moving.md", "indented", "./gone", false},
		{"moving.md", "indented", "$ tyg local\nany output", true},
		{"moving.md", "indented", "cd bench\nmake bench-peers", true},
		{"moving.md", "indented", "cd bench && make gone", false},
		{"../bench/README.md", "indented", "go run ./cmd/bench -h", true},
	} {
		b := block{info: strings.Fields(test.info), text: strings.Split(test.text, "\n")}
		if _, err := checkBlock(test.page, b, make(map[string]bool)); (err == nil) != test.ok {
			t.Errorf("%s: %q %q: the error is %v", test.page, test.info, test.text, err)
		}
	}
}
