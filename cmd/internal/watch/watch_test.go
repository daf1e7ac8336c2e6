package watch_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
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
