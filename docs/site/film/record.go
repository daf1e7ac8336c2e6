package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

//go:embed program.go.txt
var program string

// What is typed into the program: added stands after the place.
const (
	place = "SendString(ctx, "
	added = `"news: "+`
)

// A scene is the session: a project, its editor and three terminals.
type scene struct {
	ctx              context.Context
	r                *recorder
	file             string
	ada, bob, server *terminal
}

// record plays the session with a tyg that is built from the repository. The server listens at an
// address, or at its default.
func record(ctx context.Context, root, addr string) (events []event, err error) {
	dir, err := os.MkdirTemp("", "film-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	env, err := prepare(ctx, root, dir)
	if err != nil {
		return nil, err
	}
	s := &scene{ctx: ctx, r: &recorder{}, file: filepath.Join(dir, "news", "main.go")}
	if addr != "" {
		env = append(env, "TYG_ADDR="+addr)
	}
	for _, p := range panes() {
		if p.name == editor {
			continue
		}
		t, err := s.r.open(ctx, p, filepath.Dir(s.file), env)
		if err != nil {
			return nil, err
		}
		defer t.end()
		*map[string]**terminal{server: &s.server, ada: &s.ada, bob: &s.bob}[p.name] = t
	}
	err = s.play()
	s.r.mu.Lock()
	defer s.r.mu.Unlock()
	return s.r.events[:len(s.r.events):len(s.r.events)], err
}

// prepare builds tyg and writes the project.
func prepare(ctx context.Context, root, dir string) (env []string, err error) {
	root, err = filepath.Abs(root)
	if err != nil {
		return nil, err
	}
	build := exec.CommandContext(ctx, "go", "build", "-o", filepath.Join(dir, "bin")+"/", "./cmd/tyg")
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("build tyg: %w\n%s", err, out)
	}
	project := filepath.Join(dir, "news")
	mod := "module news\n\ngo 1.26.0\n\nrequire github.com/tyg-dev/tyg v0.0.0\n\n" +
		"replace github.com/tyg-dev/tyg => " + root + "\n"
	if err := os.Mkdir(project, 0o777); err != nil {
		return nil, err
	}
	for name, text := range map[string]string{"go.mod": mod, "main.go": program} {
		if err := os.WriteFile(filepath.Join(project, name), []byte(text), 0o666); err != nil {
			return nil, err
		}
	}
	return append(os.Environ(), "PATH="+filepath.Join(dir, "bin")+":"+os.Getenv("PATH"),
		"PS1=$ ", "ENV=", "TERM=xterm-256color", "XDG_STATE_HOME="+dir, "NO_COLOR="), nil
}

// play is the story.
func (s *scene) play() error {
	s.show(program, true)
	return firstError(
		s.terminal(s.server, "tyg local", "Routes: "),
		s.connect(s.ada),
		s.connect(s.bob),
		s.says(s.ada, "hello", "hello"),
		s.edit,
		s.says(s.bob, "we are still here", "news: we are still here"),
		s.says(s.ada, "so am I", "news: so am I"),
	)
}

func firstError(steps ...func() error) error {
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// terminal types a command, and waits for what it prints when it is ready.
func (s *scene) terminal(t *terminal, command, ready string) func() error {
	return func() error {
		return firstError(
			func() error { return t.enter(s.ctx, command) },
			func() error { return t.waitFor(s.ctx, "\r\n") },
			func() error { return t.waitFor(s.ctx, ready) },
			func() error { return pause(s.ctx, 400*time.Millisecond) },
		)
	}
}

var serving = regexp.MustCompile(`ws://(127\.0\.0\.1:(\d+)/api/)`)

// connect starts a client, whose default is port 8000.
func (s *scene) connect(t *terminal) func() error {
	return func() error {
		command := "tyg connect"
		m := serving.FindStringSubmatch(s.r.output(server))
		if m == nil {
			return errors.New("tyg local printed no address")
		}
		if m[2] != "8000" {
			command += " " + m[1]
		}
		return s.terminal(t, command, "> ")()
	}
}

// says has one client send a line, and waits until both got the answer.
func (s *scene) says(t *terminal, line, answer string) func() error {
	return func() error {
		return firstError(
			func() error { return t.enter(s.ctx, line) },
			func() error { return s.ada.waitFor(s.ctx, "< "+answer) },
			func() error { return s.bob.waitFor(s.ctx, "< "+answer) },
			func() error { return pause(s.ctx, time.Second) },
		)
	}
}

// edit types into the program, saves it, and waits for the new process.
func (s *scene) edit() error {
	before, after, _ := strings.Cut(program, place)
	for n := range len(added) + 1 {
		s.show(before+place+added[:n]+after, false)
		if err := pause(s.ctx, 70*time.Millisecond); err != nil {
			return err
		}
	}
	edited := before + place + added + after
	if err := os.WriteFile(s.file, []byte(edited), 0o666); err != nil {
		return err
	}
	s.show(edited, true)
	if err := s.server.waitFor(s.ctx, "reloaded in"); err != nil {
		return err
	}
	return pause(s.ctx, time.Second)
}

// show has the editor show the handler of a program.
func (s *scene) show(text string, saved bool) {
	_, handler, _ := strings.Cut(text, "\n\tapp.OnMessage")
	handler, _, _ = strings.Cut("app.OnMessage"+handler, "\n\treturn app")
	lines := strings.Split(strings.ReplaceAll(handler, "\n\t", "\n"), "\n")
	for i := range lines {
		lines[i] = strings.ReplaceAll(lines[i], "\t", "    ")
	}
	s.r.add(event{Pane: editor, Lines: lines, Saved: saved})
}
