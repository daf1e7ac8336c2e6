package docs_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg/internal/sampletest"
	"github.com/tyg-dev/tyg/internal/testprogram"
)

// tutorialParts is in how many runs the tutorial is played once.
const tutorialParts = 3

// TestTutorial follows tutorial.md by the rules in the first comment of the page. It needs the go
// command and sh; on Windows, the sh of Git for Windows.
func TestTutorial(t *testing.T) {
	sampletest.Part(t, tutorialParts)
	if _, err := exec.LookPath("sh"); err != nil {
		t.Fatalf("find sh: %v; on Windows, install Git for Windows", err)
	}
	statSources(t)
	t.Parallel()
	newPlayer(t, "tutorial.md").play()
}

// statSources calls os.Stat on the sources of the programs that the page starts, so that the go
// command does not reuse a cached result after they change.
func statSources(t *testing.T) {
	t.Helper()
	for _, file := range sources(t) {
		if _, err := os.Stat(file); err != nil {
			t.Error(err)
		}
	}
}

// sources returns the Go files of the module.
func sources(t *testing.T) (files []string) {
	t.Helper()
	err := filepath.WalkDir("..", func(path string, d os.DirEntry, err error) error {
		if d != nil && d.IsDir() && strings.HasPrefix(d.Name(), ".") && d.Name() != ".." {
			return filepath.SkipDir
		}
		if filepath.Ext(path) == ".go" {
			files = append(files, path)
		}
		return err
	})
	if err != nil || len(files) == 0 {
		t.Fatalf("find sources: %d files, %v", len(files), err)
	}
	return files
}

// A player follows a page.
type player struct {
	t         *testing.T
	page      string
	checkout  string // the checkout of tyg, "tyg" on the page
	top       string // the reader's first directory
	dir       string // the reader's current directory
	env       []string
	words     words
	terminals map[string]*terminal
}

// newPlayer returns a player who installs programs where TestMain says, beside curl. The programs
// have no symbols: to link them takes half as long.
func newPlayer(t *testing.T, page string) *player {
	t.Helper()
	checkout, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	p := &player{
		t: t, page: page, checkout: checkout, top: t.TempDir(),
		words: make(words), terminals: make(map[string]*terminal),
	}
	p.dir = p.top
	bin := os.Getenv("GOBIN")
	for _, entry := range os.Environ() {
		if !strings.HasPrefix(entry, "TYG_") && !strings.HasPrefix(entry, "PATH=") {
			p.env = append(p.env, entry)
		}
	}
	p.env = append(p.env, "GOBIN="+bin, "GOFLAGS=-buildvcs=false -ldflags=-s", "GOWORK=off",
		"PATH="+bin+string(filepath.ListSeparator)+os.Getenv("PATH"),
		"TYG_ADDR=127.0.0.1:0", "TYG_SOURCE="+checkout)
	return p
}

// install builds tyg and its companions into the player's PATH, for pages that do not install them.
// A test calls it before it is parallel. If this run plays the tutorial, which installs them, too,
// they are built as it does, so that they are linked once.
func (p *player) install() {
	p.t.Helper()
	bin := os.Getenv("GOBIN")
	if !sampletest.InPart(p.t, "TestTutorial", tutorialParts) {
		for _, name := range []string{"tyg", "tyg-aws", "tyg-cluster", "tyg-nats"} {
			if _, err := os.Stat(filepath.Join(bin, name)); err != nil { // no page before has built it
				testprogram.Build(p.t, bin, "../cmd/"+name)
			}
		}
		return
	}
	cmd := p.shell("go install ./cmd/...")
	cmd.Dir = p.checkout
	if out, err := cmd.CombinedOutput(); err != nil {
		p.t.Fatalf("%v: %s", err, out)
	}
}

// play plays all blocks of the page that have a language, but for JSON that names no file.
func (p *player) play() {
	p.t.Helper()
	all := slices.DeleteFunc(blocks(p.t, p.page), func(b block) bool {
		return len(b.info) == 0 || len(b.info) == 1 && b.word(0) == "json"
	})
	for len(all) > 0 {
		n := 1
		if turns := all[0].turns; turns != nil {
			n = len(slices.Compact(slices.Sorted(slices.Values(turns))))
		}
		p.scene(all[:n])
		all = all[n:]
	}
	for name, term := range p.terminals {
		term.settle()
		term.waitEnd()
		p.t.Logf("%s is closed", name)
	}
}

// scene plays one block, or several blocks that take turns.
func (p *player) scene(blocks []block) {
	p.t.Helper()
	b := blocks[0]
	switch {
	case b.word(0) == "js":
		p.script(b)
	case b.word(0) != "console":
		p.file(b)
	case len(b.info) == 1:
		p.commands(b)
	default:
		p.talk(blocks)
	}
}

// file compares a block with a file of the project, or writes the file.
func (p *player) file(b block) {
	p.t.Helper()
	name := filepath.Join(p.dir, filepath.FromSlash(b.info[len(b.info)-1]))
	text := strings.Join(b.text, "\n") + "\n"
	if b.word(1) == "new" {
		if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
			p.t.Fatal(err)
		}
		return
	}
	got := strings.Join(readLines(p.t, name), "\n") + "\n"
	if b.word(1) == "in" {
		if !strings.Contains("\n"+got, "\n"+text) {
			p.t.Errorf("%s:%d: %s does not contain:\n%s", p.page, b.line, name, text)
		}
		return
	}
	if got != text {
		p.t.Errorf("%s:%d: %s is\n%s", p.page, b.line, name, got)
	}
}

// commands runs the commands of a block, each to its end.
func (p *player) commands(b block) {
	p.t.Helper()
	for _, s := range steps(b) {
		command := p.words.fill(strings.TrimPrefix(s.does, "$ "))
		if dir, ok := strings.CutPrefix(command, "cd "); ok {
			p.chdir(dir)
			continue
		}
		cmd := p.shell(command)
		out, _ := cmd.CombinedOutput() // the output has the error
		got := slices.DeleteFunc(strings.Split(strings.TrimSuffix(string(out), "\n"), "\n"), isWaiting)
		if !p.words.matchAll(s.wants, got) {
			p.t.Fatalf("%s:%d: %s printed\n%s", p.page, s.line, command, out)
		}
	}
}

// isWaiting reports whether a line says that a command waits for AWS, which a busy machine makes it
// do.
func isWaiting(line string) bool { return strings.HasPrefix(line, "Waiting for ") }

func (p *player) chdir(dir string) {
	switch {
	case p.dir == p.top && dir == "tyg":
		p.dir = p.checkout
	case p.dir == p.checkout && dir == "..":
		p.dir = p.top
	default:
		p.dir = filepath.Join(p.dir, dir)
	}
}

func (p *player) shell(command string) *exec.Cmd {
	cmd := exec.Command("sh", "-c", command)
	cmd.Dir, cmd.Env = p.dir, p.env
	if p.dir != p.checkout { // the go command knows a project in another directory again
		cmd.Env = append(slices.Clip(p.env), "GOFLAGS=-buildvcs=false -trimpath -ldflags=-s")
	}
	if runtime.GOOS != "windows" {
		cmd.Env = append(slices.Clip(cmd.Env), "PWD="+p.dir)
	}
	return cmd
}

// talk plays terminals, in turns if the first block has any.
func (p *player) talk(blocks []block) {
	p.t.Helper()
	rest := make(map[string][]step)
	turns := blocks[0].turns
	for _, b := range blocks {
		rest[b.word(1)] = steps(b)
		if blocks[0].turns == nil {
			turns = slices.Repeat([]string{b.word(1)}, len(rest[b.word(1)]))
		}
	}
	for _, name := range turns {
		if len(rest[name]) == 0 {
			p.t.Fatalf("%s:%d: %s has more turns than lines", p.page, blocks[0].line, name)
		}
		p.terminal(name).step(rest[name][0])
		rest[name] = rest[name][1:]
	}
	for name, left := range rest {
		if len(left) > 0 {
			p.t.Fatalf("%s:%d: %s has no turn for this line", p.page, left[0].line, name)
		}
		p.terminal(name).settle()
	}
}

func (p *player) terminal(name string) *terminal {
	if p.terminals[name] == nil {
		p.terminals[name] = &terminal{player: p, t: p.t, name: name}
	}
	return p.terminals[name]
}

// script plays the messages that a script in a browser sends and receives.
func (p *player) script(b block) {
	p.t.Helper()
	text := strings.Join(b.text, "\n")
	url := regexp.MustCompile(`new WebSocket\("(.*?)"\)`).FindStringSubmatch(text)
	if url == nil {
		p.t.Fatalf("%s:%d: the script opens no WebSocket", p.page, b.line)
	}
	page := &terminal{player: p, t: p.t, name: "script", bare: true}
	page.step(step{
		line: b.line, does: "$ tyg connect --origin " + b.word(1) + " " + url[1],
		wants: []string{"Press Ctrl+C to quit"},
	})
	for _, sent := range regexp.MustCompile(`\.send\("(.*?)"\)`).FindAllStringSubmatch(text, -1) {
		page.step(step{line: b.line, does: "> " + sent[1]})
	}
	for _, heard := range regexp.MustCompile(`(?m)^// (.*)$`).FindAllStringSubmatch(text, -1) {
		page.wants = append(page.wants, heard[1])
	}
	page.step(step{line: b.line, does: "^C"})
}
