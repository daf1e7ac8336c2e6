package examples_test

import (
	"bufio"
	"flag"
	"fmt"
	"go/format"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg/examples"
	"github.com/tyg-dev/tyg/internal/sampletest"
)

var update = flag.Bool("update", false, "rewrite modules/ from the root go.mod and go.sum")

// What a new project requires follows from what its template imports. The committed answer must be
// the answer of today; "go test ./examples -update" makes it so.
func TestModulesAreThoseThatTheTemplatesImport(t *testing.T) {
	sampletest.Part(t, 4) // go list takes a second on each system
	sums, all := readLines(t, "../go.sum"), needs(t)
	for _, name := range examples.Templates() {
		t.Run(name, func(t *testing.T) {
			direct, indirect := all[name].split()
			compare(t, "modules/"+name+".mod", goMod(t, direct, indirect))
			compare(t, "modules/"+name+".sum", goSum(t, sums, direct, indirect))
		})
	}
}

func TestProjectCarriesItsName(t *testing.T) {
	for _, name := range examples.Templates() {
		t.Run(name, func(t *testing.T) {
			files, err := examples.Project(name, "my-app") // its import path is the last
			if err != nil {
				t.Fatal(err)
			}
			if got, want := string(files["go.mod"]), "module my-app\n"; !strings.HasPrefix(got, want) {
				t.Errorf("go.mod begins with %.30q, want %q", got, want)
			}
			if n := strings.Count(string(files["main.go"]), `tyg.New("my-app")`); n != 1 {
				t.Errorf(`main.go has tyg.New("my-app") %d times, want once`, n)
			}
			for file, data := range files {
				if strings.Contains(string(data), "tyg/examples/") {
					t.Errorf("%s mentions the path of the example", file)
				}
				if filepath.Ext(file) != ".go" {
					continue
				}
				if want, err := format.Source(data); err != nil || string(want) != string(data) {
					t.Errorf("%s is not formatted: %v\n%s", file, err, data)
				}
			}
		})
	}
}

func TestProjectOfNoTemplate(t *testing.T) {
	if _, err := examples.Project("nonsense", "my-app"); err == nil {
		t.Error("Project of a template that does not exist gave no error")
	}
}

func compare(t *testing.T, file, want string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("%s is out of date, run go test ./examples -update\ngot:\n%s\nwant:\n%s",
			file, got, want)
	}
}

// A need is what a template and its tests import.
type need struct {
	own     map[string]bool   // packages that they import themselves
	modules map[string]string // of all packages that they need, as "path version"
}

// needs returns what each template imports, on every system that people develop on, in the build of
// "tyg local" and in that for AWS Lambda.
func needs(t *testing.T) map[string]need {
	t.Helper()
	all := make(map[string]need)
	var patterns []string
	for _, name := range examples.Templates() {
		all[name] = need{make(map[string]bool), make(map[string]string)}
		patterns = append(patterns, "./"+name+"/...")
	}
	const format = `{{with .Module}}{{if not .Main}}module {{$.ImportPath}} {{.Path}} {{.Version}}` +
		"\n{{end}}{{end}}" + `{{if not .DepOnly}}of {{.ImportPath}}` +
		"\nimports{{range .Imports}} {{.}}{{end}}\ndeps{{range .Deps}} {{.}}{{end}}\n{{end}}"
	for _, goos := range []string{"linux", "darwin", "windows"} {
		for _, tags := range []string{"", "tyg.nats,tyg.local", "tyg.dynamo", "lambda.norpc,tyg.lambda"} {
			list := goList(t, goos, tags, append([]string{"-deps", "-test", "-f", format}, patterns...)...)
			addNeeds(t, all, list)
		}
	}
	return all
}

// addNeeds reads a list, in which packages stand behind those that they need.
func addNeeds(t *testing.T, all map[string]need, list string) {
	t.Helper()
	modules := make(map[string]string) // by package
	var n need
	for line := range strings.Lines(list) {
		f := strings.Fields(line)
		switch {
		case len(f) == 0:
		case f[0] == "module":
			modules[f[1]] = f[2] + " " + f[3]
		case f[0] == "of":
			name := templateOf(f[1])
			var ok bool
			if n, ok = all[name]; !ok {
				t.Fatalf("%s belongs to no template", f[1])
			}
		case f[0] == "imports":
			for _, path := range f[1:] {
				n.own[path] = true
			}
		case f[0] == "deps":
			for _, path := range f[1:] {
				if m := modules[path]; m != "" {
					n.modules[path] = m
				}
			}
		}
	}
}

// templateOf returns the template of a package, such as .../examples/chat/page or the test
// .../examples/chat.test.
func templateOf(path string) string {
	_, name, _ := strings.Cut(path, "/examples/")
	end := strings.IndexAny(name+"/", "/._")
	return name[:end]
}

// split returns the modules of which the template imports a package itself, and the others.
func (n need) split() (direct, indirect []string) {
	all := make(map[string]bool) // modules; whether the template imports a package of it
	for path, m := range n.modules {
		all[m] = all[m] || n.own[path]
	}
	for _, m := range slices.Sorted(maps.Keys(all)) {
		if all[m] {
			direct = append(direct, m)
		} else {
			indirect = append(indirect, m+" // indirect")
		}
	}
	return direct, indirect
}

func goList(t *testing.T, goos, tags string, args ...string) string {
	t.Helper()
	cmd := exec.Command("go", append([]string{"list", "-tags", tags}, args...)...)
	cmd.Env = append(os.Environ(), "GOOS="+goos, "GOARCH="+runtime.GOARCH, "CGO_ENABLED=0")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list %s: %v", strings.Join(args, " "), err)
	}
	return string(out)
}

// goMod returns the text of a go.mod without its module line.
func goMod(t *testing.T, direct, indirect []string) string {
	var b strings.Builder
	for _, line := range readLines(t, "../go.mod") {
		if strings.HasPrefix(line, "go ") {
			fmt.Fprintln(&b, line)
		}
	}
	direct = append([]string{examples.Module + " " + examples.Version}, direct...)
	slices.Sort(direct)
	for _, block := range [][]string{direct, indirect} {
		switch len(block) {
		case 0:
		case 1:
			fmt.Fprintf(&b, "\nrequire %s\n", block[0])
		default:
			fmt.Fprintf(&b, "\nrequire (\n\t%s\n)\n", strings.Join(block, "\n\t"))
		}
	}
	return b.String()
}

// goSum returns those of the lines of a go.sum that belong to the modules.
func goSum(t *testing.T, sums, direct, indirect []string) string {
	t.Helper()
	var b strings.Builder
	for _, m := range slices.Sorted(slices.Values(slices.Concat(direct, indirect))) {
		m = strings.TrimSuffix(m, " // indirect")
		for _, prefix := range []string{m + " ", m + "/go.mod "} {
			i := slices.IndexFunc(sums, func(s string) bool { return strings.HasPrefix(s, prefix) })
			if i < 0 {
				t.Fatalf("go.sum has no line for %s, run go mod tidy", prefix)
			}
			fmt.Fprintln(&b, sums[i])
		}
	}
	return b.String()
}

func readLines(t *testing.T, file string) []string {
	t.Helper()
	f, err := os.Open(filepath.FromSlash(file))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var lines []string
	for s := bufio.NewScanner(f); s.Scan(); {
		lines = append(lines, s.Text())
	}
	return lines
}
