package local

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tyg-dev/tyg/cmd/internal/backend"
	"github.com/tyg-dev/tyg/cmd/internal/project"
	"github.com/tyg-dev/tyg/cmd/internal/value"
	"github.com/tyg-dev/tyg/internal/functions"
)

// What the page about tyg local shows is a configuration with functions and routes.
func TestConfigOfLocalPageIsValid(t *testing.T) {
	page, err := os.ReadFile("../../../docs/local.md")
	if err != nil {
		t.Fatal(err)
	}
	var c project.Config
	for _, text := range strings.Split(string(page), "```json\n")[1:] {
		text, _, _ = strings.Cut(text, "```")
		one, err := project.ParseConfig([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if len(one.Routes) > 0 {
			c = one
		}
	}
	p, err := NewPlan(c, "/project", "dev")
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Routes.Check(); err != nil {
		t.Error(err)
	}
	fn := p.Routes.Functions[0] // they are sorted
	if fn.Name != "echo" || fn.Dir != "/project" || fn.Env["COLOUR"] != "red" ||
		fn.Timeout != 5*time.Second {
		t.Errorf("the function is %+v", fn)
	}
	if fn := p.Routes.Functions[1]; fn.Dir != filepath.Join("/project", "gate") {
		t.Errorf("the directory is %s", fn.Dir)
	}
}

func TestPlanOfRuntimes(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	bin := t.TempDir() // of programs
	for _, name := range []string{"python3", "node"} {
		if err := os.WriteFile(filepath.Join(bin, name), []byte("#!/bin/sh\n"), 0o777); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", bin)
	for _, tt := range []struct{ function, command, err string }{
		{`"runtime": "python3.13", "handler": "app.handler"`, "bootstrap.py", ""},
		{`"runtime": "nodejs22.x", "handler": "src/app.handler"`, "bootstrap.mjs", ""},
		{`"runtime": "provided.al2023"`, "bootstrap", ""},
		{`"command": ["sh", "app.sh"], "handler": "x"`, "app.sh", ""},
		{`"runtime": "python"`, "", `it has a "runtime" and no "handler"`},
		{`"runtime": "java21", "handler": "a.B"`, "", `lambda_functions.f: runtime "java21" is not`},
		{`"handler": "app.handler"`, "", "lambda_functions.f has no command, such as"},
	} {
		c, err := project.ParseConfig([]byte(`{"lambda_functions": {"f": {` + tt.function + `}},
			"routes": {"$default": {"function": "f"}}}`))
		if err != nil {
			t.Fatal(err)
		}
		p, err := NewPlan(c, "/project", "dev")
		if tt.err != "" {
			if err == nil || !strings.Contains(err.Error(), tt.err) {
				t.Errorf("%s: error %v, want %s", tt.function, err, tt.err)
			}
			continue
		}
		if err != nil {
			t.Fatalf("%s: %v", tt.function, err)
		}
		command := p.Routes.Functions[0].Command
		if filepath.Base(command[len(command)-1]) != tt.command {
			t.Errorf("%s: the command is %q", tt.function, command)
		}
	}
}

// TestWatchedFiles: whatever the command looks like, the code of the function is watched.
func TestWatchedFiles(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{
		"app.py", "main.sh", "lib/a.py", ".venv/b.py", "node_modules/c.js",
		"env/pyvenv.cfg", "env/d.py",
	} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		command string
		want    string // files whose change counts
	}{
		{"python3 app.py", "app.py lib/a.py"},
		{"sh main.sh", "main.sh"},
		{"sh " + dir + "/main.sh", "main.sh"},
		{"make run", "app.py lib/a.py"},
		{"env/d.py app.py", "app.py lib/a.py"},
		{"node_modules/c.js", "app.py lib/a.py"},
		{dir + "/env/d.py", "app.py lib/a.py"},
		{dir + "/.venv/b.py /elsewhere/bootstrap.py", "app.py lib/a.py"},
	} {
		s := new(server)
		files := s.files(Plan{Routes: &backend.Set{Functions: []functions.Function{
			{Dir: dir, Command: strings.Fields(tt.command)},
		}}})
		before, err := fingerprint(files)
		if err != nil {
			t.Fatal(err)
		}
		var counts []string
		for _, name := range []string{
			"app.py", "main.sh", "lib/a.py", ".venv/b.py", "node_modules/c.js", "notes.txt",
			"env/d.py",
		} {
			path := filepath.Join(dir, filepath.FromSlash(name))
			writeFile(t, path, "changed")
			after, err := fingerprint(files)
			if err != nil {
				t.Fatal(err)
			}
			if after != before {
				counts = append(counts, name)
			}
			writeFile(t, path, "")
			before, _ = fingerprint(files)
		}
		if got := strings.Join(counts, " "); got != tt.want {
			t.Errorf("%s: %s count, want %s", tt.command, got, tt.want)
		}
		if !slices.Contains(files.trees, dir) {
			t.Errorf("%s: %q are watched", tt.command, files.trees)
		}
	}
}

func TestNothingToWatchIsSaid(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "main.sh"), "")
	fn := func(command ...string) functions.Function {
		return functions.Function{Name: command[0], Dir: dir, Command: command}
	}
	s := &server{plan: Plan{Routes: &backend.Set{Functions: []functions.Function{
		fn("sh", "main.sh"), fn("/usr/bin/env", "app"),
	}}}}
	notes := s.unwatched()
	const want = `no file of function "/usr/bin/env" is watched`
	if len(notes) != 1 || !strings.HasPrefix(notes[0], want) {
		t.Errorf("notes %q", notes)
	}
	s.plan.Routes.Functions = nil
	notes = s.unwatched()
	if len(notes) != 1 || !strings.Contains(notes[0], "only the configuration") {
		t.Errorf("without functions the notes are %q", notes)
	}
	s.cfg.NoReload = true
	if notes := s.unwatched(); notes != nil {
		t.Errorf("with --no-reload the notes are %q", notes)
	}
}

// TestLinkedSourcesCount: a change of what links lead to replaces the functions.
func TestLinkedSourcesCount(t *testing.T) {
	dir, out := t.TempDir(), t.TempDir()
	for target, link := range map[string]string{out: "/lib", out + "/b.py": "/b.py"} {
		if err := os.Symlink(target, dir+link); err != nil {
			t.Skipf("sources behind links were not run: %v", err)
		}
	}
	writeFile(t, out+"/a.py", "")
	writeFile(t, out+"/b.py", "")
	top := filepath.Join(t.TempDir(), "function") // a link itself
	if err := os.Symlink(dir, top); err != nil {
		t.Fatal(err)
	}
	files := filesOf([]functions.Function{{Dir: top, Command: []string{"make"}}}, nil)
	for _, name := range []string{"/a.py", "/b.py"} {
		before, err := fingerprint(files)
		if err != nil {
			t.Fatal(err)
		}
		writeFile(t, out+name, "changed")
		if after, err := fingerprint(files); after == before || err != nil {
			t.Errorf("a change of %s does not count, %v", name, err)
		}
	}
}

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

// TestPlanOfTheSharedConfiguration: what tyg local has in common with tyg gateway counts, and what
// it does not use is noted.
func TestPlanOfTheSharedConfiguration(t *testing.T) {
	c, err := project.ParseConfig([]byte(`{
		"region": "eu-west-1", "account_id": "1", "api_id": "a",
		"app_name": "shop", "app": "main", "drain": "2s", "nats": "nats://a.example",
		"limits": {"idle": "1m"}, "lambda_functions": {"main": {"command": ["./bootstrap"],
			"lambda_timeout": 7, "environment_variables": {"A": "b"}}}
	}`))
	if err != nil {
		t.Fatal(err)
	}
	p, err := NewPlan(c, "/project", "dev")
	if err != nil {
		t.Fatal(err)
	}
	c.Routes = map[string]backend.Route{"$default": {Target: backend.Target{Function: "f"}}}
	away := filepath.Join(t.TempDir(), "away")
	c.App, c.Functions = "", map[string]project.Function{"f": {
		Command: []string{"f"}, Directory: away, InitTimeout: value.Duration(time.Second),
		IdleTimeout: value.Duration(time.Minute),
	}}
	r, err := NewPlan(c, "/project", "dev")
	if err != nil {
		t.Fatal(err)
	}
	if fn := r.Routes.Functions[0]; fn.Dir != away || fn.InitTimeout != time.Second ||
		fn.IdleTimeout != time.Minute {
		t.Errorf("the function is %+v", fn)
	}
	const note = ".tyg/config.json: tyg local does not use limits (it keeps API Gateway's limits)"
	if p.Name != "shop" || p.NATS != "nats://a.example" || p.Drain == nil ||
		*p.Drain != 2*time.Second || len(p.Notes) != 1 || p.Notes[0] != note {
		t.Errorf("the plan is %+v", p)
	}
	if p.Region != "eu-west-1" || p.AccountID != "1" || p.APIID != "a" {
		t.Errorf("the plan is %+v", p)
	}
	if fn := p.Program; fn.Timeout != 7*time.Second || fn.Env["A"] != "b" || len(fn.Command) > 0 {
		t.Errorf("the program is %+v", fn)
	}
}
