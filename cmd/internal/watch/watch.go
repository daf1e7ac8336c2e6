// Package watch reports changed files. It watches directories, not files, because many editors
// write a new file and rename it over the old one.
package watch

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/fsnotify/fsnotify"
)

const (
	// quiet is how long nothing must happen before a change is reported, so that an editor that saves
	// all files, or a checkout, is one change.
	quiet = 50 * time.Millisecond

	// maxQuiet is after what time a change is reported although more follow.
	maxQuiet = time.Second
)

// A Set is what to watch.
type Set struct {
	// Dirs are watched without their subdirectories. Missing directories are ignored.
	Dirs []string

	// Trees are watched with all subdirectories, including later ones. A file stands for its
	// directory.
	Trees []string

	// Has reports whether a file or a new directory counts. Paths are as in Dirs and Trees.
	Has func(path string) bool
}

// A Watcher watches one Set at a time. It is not safe for concurrent use.
type Watcher struct {
	notify *fsnotify.Watcher
	set    Set
}

// New returns a Watcher that watches nothing. Close it.
func New() (*Watcher, error) {
	n, err := fsnotify.NewWatcher()
	if err != nil {
		return nil, fmt.Errorf("watch files: %w", err)
	}
	return &Watcher{notify: n, set: Set{Has: func(string) bool { return false }}}, nil
}

// Close stops the Watcher.
func (w *Watcher) Close() error { return w.notify.Close() }

// Watch replaces the set. Changes in directories of both sets are not lost.
func (w *Watcher) Watch(s Set) error {
	wanted := make(map[string]bool)
	for _, dir := range s.Dirs {
		wanted[dir] = true
	}
	for _, tree := range s.Trees {
		walk(tree, func(dir string) { wanted[dir] = true })
	}
	for _, dir := range w.notify.WatchList() {
		if !wanted[dir] {
			_ = w.notify.Remove(dir) // it may be gone already
		}
	}
	w.set = s
	for dir := range wanted {
		if err := w.add(dir); err != nil {
			return err
		}
	}
	return nil
}

func (w *Watcher) add(dir string) error {
	err := w.notify.Add(dir)
	if err == nil || errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return fmt.Errorf("watch %s: %w (--no-reload does not watch)", dir, err)
}

// walk calls do for a directory and its subdirectories, except those that [Skip] names. For a file
// it calls do for its directory.
func walk(root string, do func(dir string)) {
	if info, err := os.Stat(root); err == nil && !info.IsDir() {
		do(filepath.Dir(root))
		return
	}
	_ = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return nil // it has been removed meanwhile
		case !d.IsDir():
			return nil
		case path != root && Skip(d.Name()):
			return filepath.SkipDir
		}
		do(path)
		return nil
	})
}

// Skip reports whether a directory of this name holds generated files.
func Skip(name string) bool {
	switch name {
	case "node_modules", "__pycache__", "venv", "vendor":
		return true
	}
	return strings.HasPrefix(name, ".")
}

// Wait returns the path of a changed file, once no more changes follow. Changes between two calls
// are not lost. The error is ctx.Err(), or that of a broken watch.
func (w *Watcher) Wait(ctx context.Context) (path string, err error) {
	var settled, late <-chan time.Time
	for {
		select {
		case <-ctx.Done():
			return "", ctx.Err()
		case e, ok := <-w.notify.Events:
			if !ok {
				return "", errors.New("watch files: closed")
			}
			if !w.counts(e) {
				continue
			}
			if path == "" {
				late = time.After(maxQuiet)
			}
			path, settled = e.Name, time.After(quiet)
		case err := <-w.notify.Errors:
			if !errors.Is(err, fsnotify.ErrEventOverflow) {
				return "", fmt.Errorf("watch files: %w", err)
			}
			path, settled = "", time.After(quiet) // something has changed
		case <-settled:
			return path, nil
		case <-late:
			return path, nil
		}
	}
}

// counts reports whether an event is a change. It watches new directories in trees; files that were
// written into them before are reported by the creation of the directory.
func (w *Watcher) counts(e fsnotify.Event) bool {
	if e.Op == fsnotify.Chmod {
		return false // indexers and backups do that; the content is the same
	}
	if e.Has(fsnotify.Create) && w.inTree(e.Name) {
		if info, err := os.Stat(e.Name); err == nil && info.IsDir() && !Skip(info.Name()) {
			walk(e.Name, func(dir string) { _ = w.notify.Add(dir) }) // it may be gone already
			return true
		}
	}
	return w.set.Has(e.Name)
}

func (w *Watcher) inTree(path string) bool {
	for _, tree := range w.set.Trees {
		if strings.HasPrefix(path, tree+string(filepath.Separator)) {
			return true
		}
	}
	return false
}
