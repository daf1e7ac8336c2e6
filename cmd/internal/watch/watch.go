// Package watch reports changed files. It watches directories, not files, because many editors
// write a new file and rename it over the old one.
package watch

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime"
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

// A Set is what to watch. Symbolic links are followed: what they lead to is watched, and so are the
// links. A directory that is renamed or replaced is a change.
type Set struct {
	// Dirs are watched without their subdirectories. They may be missing.
	Dirs []string

	// Trees are watched with all subdirectories, including later ones, except those of [Skip]. A
	// file stands for its directory. They may be missing.
	Trees []string

	// Has reports whether a file or a new directory counts. Paths are as in Dirs and Trees.
	Has func(path string) bool
}

// A Watcher watches one Set at a time. It is not safe for concurrent use.
type Watcher struct {
	notify *fsnotify.Watcher
	set    Set

	// Paths in these maps are without symbolic links, as events have them; their values are as in
	// the set.
	dirs  map[string][]string // directories
	names map[string]string   // what counts by itself: links, their targets, the tops of the set
	also  map[string]bool     // directories that are watched for names in them only
}

// New returns a Watcher that watches nothing. Close it.
func New() (*Watcher, error) {
	n, err := fsnotify.NewWatcher()
	if err != nil {
		return nil, fmt.Errorf("watch files: %w", err)
	}
	return &Watcher{notify: n}, nil
}

// Close stops the Watcher.
func (w *Watcher) Close() error { return w.notify.Close() }

// Watch replaces the set. Changes in directories of both sets are not lost.
func (w *Watcher) Watch(s Set) error {
	w.set = s
	w.dirs, w.names = make(map[string][]string), make(map[string]string)
	w.also = make(map[string]bool)
	for _, dir := range s.Dirs {
		w.top(dir, false)
	}
	for _, tree := range s.Trees {
		w.top(tree, true)
	}
	for _, dir := range w.notify.WatchList() {
		if w.dirs[dir] == nil && !w.also[dir] {
			_ = w.notify.Remove(dir) // it may be gone already
		}
	}
	for dir := range w.dirs {
		if err := w.add(dir); err != nil {
			return err
		}
	}
	for dir := range w.also {
		_ = w.notify.Add(dir) // what is there may be another user's
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

// top notes a directory of the set, and the name by which it may be replaced.
func (w *Watcher) top(path string, deep bool) {
	if info, err := os.Stat(path); err == nil && !info.IsDir() {
		if info, err := os.Lstat(path); err == nil && info.Mode()&fs.ModeSymlink != 0 {
			w.follow(path, path)
		}
		path, deep = filepath.Dir(path), false
	}
	w.anchor(path)
	w.note(path, deep)
}

// onFiles reports that the system watches a directory by opening each file in it. There, the one
// above the set, which may be a home directory, is left alone.
func onFiles() bool {
	return runtime.GOOS != "linux" && runtime.GOOS != "windows"
}

// anchor notes the name of a directory in the one above it, or if that is missing, of that.
func (w *Watcher) anchor(path string) {
	for top := path; ; path = filepath.Dir(path) {
		above := filepath.Dir(path)
		if above == path || onFiles() {
			return
		}
		real, err := filepath.EvalSymlinks(above)
		if err != nil {
			continue
		}
		w.name(filepath.Join(real, filepath.Base(path)), top)
		w.follow(path, filepath.Join(real, filepath.Base(path)))
		return
	}
}

// name notes a name that counts by itself.
func (w *Watcher) name(real, path string) {
	if dir := filepath.Dir(real); filepath.Dir(dir) != dir { // not the root, where all systems are
		w.names[real], w.also[dir] = path, true
	}
}

// follow notes what a path leads to, if it is a link.
func (w *Watcher) follow(path, real string) {
	links, end := hops(real)
	if len(links) == 0 {
		return
	}
	for _, link := range links {
		w.name(link, path)
	}
	w.name(end, path)
}

// note notes the directories of a tree, or one directory.
func (w *Watcher) note(root string, deep bool) {
	v := walker{deep: deep}
	v.dir = func(path, real string) { w.dirs[real] = append(w.dirs[real], path) }
	v.link = func(path, real string) {
		info, err := os.Stat(path)
		isDir := err == nil && info.IsDir()
		if isDir && deep && !Skip(path) || !isDir && w.set.Has(path) {
			w.follow(path, real)
		}
	}
	v.walk(root)
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
			changed, ok := w.changed(e)
			if !ok {
				continue
			}
			if path == "" {
				late = time.After(maxQuiet)
			}
			path, settled = changed, time.After(quiet)
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

// changed returns what an event has changed, as the set has it. It watches new directories in
// trees; files that were written into them before are reported by the creation of the directory.
func (w *Watcher) changed(e fsnotify.Event) (path string, ok bool) {
	if e.Op == fsnotify.Chmod {
		return "", false // indexers and backups do that; the content is the same
	}
	if paths := w.dirs[e.Name]; paths != nil && (e.Has(fsnotify.Rename) || e.Has(fsnotify.Remove)) {
		return paths[0], true
	}
	for _, dir := range w.dirs[filepath.Dir(e.Name)] {
		path := filepath.Join(dir, filepath.Base(e.Name))
		if e.Has(fsnotify.Create) && w.isNewDir(path) || w.set.Has(path) {
			return path, true
		}
	}
	path, ok = w.names[e.Name]
	return path, ok
}

// isNewDir reports whether a path is a directory in a tree, and watches it.
func (w *Watcher) isNewDir(path string) bool {
	info, err := os.Stat(path)
	if err != nil || !info.IsDir() || Skip(path) || !w.inTree(path) {
		return false
	}
	before := maps.Clone(w.dirs)
	w.note(path, true)
	for dir := range w.dirs {
		if before[dir] == nil {
			_ = w.notify.Add(dir) // it may be gone already
		}
	}
	return true
}

func (w *Watcher) inTree(path string) bool {
	for _, tree := range w.set.Trees {
		if strings.HasPrefix(path, tree+string(filepath.Separator)) {
			return true
		}
	}
	return false
}
