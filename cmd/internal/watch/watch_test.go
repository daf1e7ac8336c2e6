package watch_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tyg-dev/tyg/cmd/internal/watch"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// watching watches the .go files of dir, and all of dir/tree.
func watching(t *testing.T) (w *watch.Watcher, dir string) {
	t.Helper()
	dir = t.TempDir()
	must(t, os.MkdirAll(filepath.Join(dir, "tree", "old"), 0o777))
	w, err := watch.New()
	must(t, err)
	t.Cleanup(func() { must(t, w.Close()) })
	must(t, w.Watch(set(dir)))
	return w, dir
}

func set(dir string) watch.Set {
	tree := filepath.Join(dir, "tree")
	return watch.Set{
		Dirs:  []string{dir, filepath.Join(dir, "missing")},
		Trees: []string{tree},
		Has: func(path string) bool {
			return strings.HasSuffix(path, ".go") || strings.HasPrefix(path, tree)
		},
	}
}

func wait(t *testing.T, w *watch.Watcher) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	path, err := w.Wait(ctx)
	must(t, err)
	return path
}

func write(t *testing.T, path string) {
	t.Helper()
	must(t, os.WriteFile(path, []byte("text"), 0o666))
}

func TestChanges(t *testing.T) {
	changes := []struct {
		name string
		do   func(t *testing.T, dir string)
		want string
	}{
		{"a new file", func(t *testing.T, dir string) { write(t, filepath.Join(dir, "a.go")) }, "a.go"},
		{"a file renamed over another", func(t *testing.T, dir string) {
			write(t, filepath.Join(dir, "b.tmp"))
			must(t, os.Rename(filepath.Join(dir, "b.tmp"), filepath.Join(dir, "b.go")))
		}, "b.go"},
		{"a file that goes", func(t *testing.T, dir string) {
			must(t, os.Remove(filepath.Join(dir, "there.go")))
		}, "there.go"},
		{"a file in a tree", func(t *testing.T, dir string) {
			write(t, filepath.Join(dir, "tree", "old", "x"))
		}, "tree/old/x"},
		{"a directory in a tree", func(t *testing.T, dir string) {
			must(t, os.Mkdir(filepath.Join(dir, "tree", "new"), 0o777))
		}, "tree/new"},
	}
	for _, c := range changes {
		t.Run(c.name, func(t *testing.T) {
			w, dir := watching(t)
			write(t, filepath.Join(dir, "there.go"))
			wait(t, w)
			write(t, filepath.Join(dir, "other.txt")) // does not count
			c.do(t, dir)
			if got := wait(t, w); got != filepath.Join(dir, filepath.FromSlash(c.want)) {
				t.Errorf("changed was %s, want %s", got, c.want)
			}
		})
	}
}

// A directory that came later is watched, too, and what is hidden is not.
func TestNewDirectories(t *testing.T) {
	w, dir := watching(t)
	deep := filepath.Join(dir, "tree", "new", "deep")
	must(t, os.MkdirAll(deep, 0o777))
	wait(t, w)
	hidden := filepath.Join(dir, "tree", ".git")
	must(t, os.Mkdir(hidden, 0o777))
	wait(t, w) // the directory itself counts here
	write(t, filepath.Join(hidden, "index"))
	write(t, filepath.Join(deep, "x"))
	if got := wait(t, w); got != filepath.Join(deep, "x") {
		t.Errorf("changed was %s", got)
	}
}

// What changes between two calls is not lost, and many changes are one.
func TestWaitMergesChanges(t *testing.T) {
	w, dir := watching(t)
	for _, name := range []string{"a.go", "b.go", "c.go"} {
		write(t, filepath.Join(dir, name))
	}
	must(t, w.Watch(set(dir)))
	wait(t, w)
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if path, err := w.Wait(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("there is another change: %s, %v", path, err)
	}
}

func link(t *testing.T, target, path string) {
	t.Helper()
	if err := os.Symlink(target, path); err != nil {
		t.Skipf("a watch behind links was not run: %v", err)
	}
}

// TestLinks: what links lead to counts, under the name in the set, and so do the links.
func TestLinks(t *testing.T) {
	base := t.TempDir()
	dir, out := filepath.Join(base, "project"), filepath.Join(base, "out")
	for _, d := range []string{
		dir + "/tree", out + "/shared/deep", out + "/one", out + "/two", out + "/env",
		out + "/node_modules", out + "/real",
	} {
		must(t, os.MkdirAll(d, 0o777))
	}
	for _, file := range []string{
		"/file.go", "/one/a.go", "/two/a.go", "/env/pyvenv.cfg", "/shared/deep/x", "/real/y",
	} {
		write(t, out+file)
	}
	tree := dir + "/tree"
	link(t, "../out/file.go", dir+"/link.go")
	link(t, "file.go", out+"/middle.go")
	link(t, "../out/middle.go", dir+"/twice.go")
	link(t, "../../out/shared", tree+"/shared")
	link(t, ".", tree+"/circle")
	link(t, "one", out+"/current")
	link(t, "../../out/current/a.go", tree+"/a.go")
	link(t, out+"/env", tree+"/py")
	link(t, out+"/node_modules", tree+"/modules")
	link(t, "../out/real", dir+"/linked")
	s := set(dir)
	s.Trees = append(s.Trees, dir+"/linked")
	has := s.Has
	s.Has = func(path string) bool { return has(path) || strings.HasPrefix(path, dir+"/linked/") }
	w, err := watch.New()
	must(t, err)
	defer w.Close()
	must(t, w.Watch(s))
	wants := func(what string, paths ...string) {
		t.Helper()
		got := wait(t, w)
		if !slices.Contains(paths, strings.TrimPrefix(got, dir)) {
			t.Errorf("after %s the change is %s, want %q", what, got, paths)
		}
		must(t, w.Watch(s))
	}
	write(t, out+"/file.go")
	wants("a write to a target", "/link.go", "/twice.go")
	must(t, os.Remove(out+"/middle.go"))
	wants("the removal of a link outside", "/twice.go")
	write(t, out+"/shared/deep/x")
	wants("a write in a linked directory", "/tree/shared/deep/x")
	write(t, out+"/real/y")
	wants("a write below a linked top", "/linked/y")
	write(t, out+"/env/b.py")
	write(t, out+"/node_modules/c.js")
	must(t, os.Remove(out+"/current"))
	link(t, "two", out+"/current")
	wants("a switched link", "/tree/a.go")
	write(t, out+"/two/a.go")
	wants("a write behind the switched link", "/tree/a.go")
	must(t, os.Rename(out+"/real", out+"/old"))
	wants("the rename of a target", "/linked")
	must(t, os.Mkdir(out+"/real", 0o777))
	wants("a new target", "/linked")
	write(t, out+"/real/y")
	wants("a write in the new target", "/linked/y")
}

// TestReplacedDirectories: a directory that is renamed or replaced counts, and the new one is
// watched.
func TestReplacedDirectories(t *testing.T) {
	w, dir := watching(t)
	tree, old := filepath.Join(dir, "tree"), filepath.Join(dir, "away")
	steps := []struct {
		name string
		do   func() error
		want string
	}{
		{"a directory leaves", func() error { return os.Rename(tree+"/old", old) }, "old"},
		{"it comes back", func() error { return os.Rename(old, tree+"/new") }, "new"},
		{"a file changes", func() error { return os.WriteFile(tree+"/new/x", nil, 0o666) }, "new/x"},
		{"the top leaves", func() error { return os.Rename(tree, old) }, ""},
		{"another comes", func() error { return os.Mkdir(tree, 0o777) }, ""},
		{"a file comes", func() error { return os.WriteFile(tree+"/y", nil, 0o666) }, "y"},
		{"all goes", func() error { return os.RemoveAll(tree) }, ""},
		{"it is missing", func() error { return os.Mkdir(tree, 0o777) }, ""},
		{"a file again", func() error { return os.WriteFile(tree+"/z", nil, 0o666) }, "z"},
	}
	for _, step := range steps {
		must(t, step.do())
		if got := wait(t, w); got != filepath.Join(tree, step.want) && step.name != "all goes" {
			t.Errorf("%s: the change is %s, want %s", step.name, got, step.want)
		}
		must(t, w.Watch(set(dir)))
	}
}

// TestVirtualEnvironments are not watched, whatever their name.
func TestVirtualEnvironments(t *testing.T) {
	w, dir := watching(t)
	env := filepath.Join(dir, "tree", "py")
	must(t, os.Mkdir(env, 0o777))
	wait(t, w)
	write(t, filepath.Join(env, "pyvenv.cfg"))
	must(t, w.Watch(set(dir)))
	write(t, filepath.Join(env, "a.py"))
	write(t, filepath.Join(dir, "tree", "b.py"))
	for {
		got := wait(t, w)
		if got == filepath.Join(dir, "tree", "b.py") {
			return
		}
		if !strings.HasSuffix(got, "pyvenv.cfg") {
			t.Fatalf("the change is %s", got)
		}
	}
}
