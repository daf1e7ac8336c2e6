package local

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/tyg-dev/tyg/cmd/internal/watch"
	"github.com/tyg-dev/tyg/internal/functions"
)

// watch reloads the project whenever a file of it has changed, until ctx ends.
func (s *server) watch(ctx context.Context) error {
	if s.cfg.NoReload {
		return nil
	}
	w, err := watch.New()
	if err != nil {
		return err
	}
	defer w.Close()
	for first := true; ctx.Err() == nil; first = false {
		if err := s.point(ctx, w); err != nil {
			return ignore(ctx, err)
		}
		// Load what has changed before the watch began, too.
		s.reload(ctx, first)
		if _, err := w.Wait(ctx); err != nil {
			return ignore(ctx, err)
		}
	}
	return nil
}

// ignore drops an error if ctx has ended.
func ignore(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// reload loads the project and prints the result.
func (s *server) reload(ctx context.Context, first bool) {
	start := time.Now()
	changed, err := s.load(ctx)
	switch {
	case ctx.Err() != nil:
	case err != nil:
		s.out.reloadFailed(s.explain(ctx, err))
	case changed:
		s.out.reloaded(time.Since(start), s.handlers.Routes())
	case !first:
		s.out.unchanged()
	}
}

// point makes w watch the files of the project as it is now.
func (s *server) point(ctx context.Context, w *watch.Watcher) error {
	plan, err := s.cfg.Plan()
	if err != nil {
		plan = s.now.plan // reload reports the error
	}
	if plan.Routes != nil {
		return w.Watch(s.files(plan).set(s.cfg.Files))
	}
	s.project.Tags = storageTags(s.cfg.Environ, plan.Program.Env)
	sources, err := s.project.Sources(ctx, s.sources)
	if err != nil {
		return err
	}
	s.sources = sources
	return w.Watch(sourceSet(sources, s.cfg.Files))
}

// scripts are the files of functions that tyg does not build: the files that their commands name,
// and all files with the same extensions beside and below those; for a command that names none, and
// for a runtime with a handler, all sources in the directory of the function.
type scripts struct {
	trees []string        // directories
	kinds map[string]bool // extensions
	names map[string]bool // files without one
}

func (s *server) files(plan Plan) scripts {
	return filesOf(plan.Routes.Functions, plan.Builds)
}

func filesOf(list []functions.Function, builds map[string]Build) scripts {
	f := scripts{kinds: make(map[string]bool), names: make(map[string]bool)}
	for _, fn := range list {
		if b := builds[fn.Name]; b.Go != "" {
			f.addModule(b.Module)
			continue
		} else if b.Zip != "" {
			f.names[b.Zip] = true
			f.trees = append(f.trees, filepath.Dir(b.Zip))
			continue
		}
		named := false
		for _, word := range fn.Command {
			named = f.add(fn, word) || named
		}
		if !named {
			f.addTree(fn.Dir)
		}
	}
	return f
}

// sourceKinds are the extensions of files that count in the directory of a function whose command
// names no file, or whose handler is in any of them.
var sourceKinds = [...]string{
	".py", ".js", ".mjs", ".cjs", ".ts", ".mts", ".cts", ".rb", ".php", ".json", ".yaml", ".yml",
}

// addTree adds the sources of a directory, whatever the command looks like.
func (f *scripts) addTree(dir string) {
	for _, ext := range sourceKinds {
		f.kinds[ext] = true
	}
	if !slices.Contains(f.trees, dir) {
		f.trees = append(f.trees, dir)
	}
}

// addModule adds the sources of a Go module.
func (f *scripts) addModule(dir string) {
	f.kinds[".go"], f.kinds[".mod"], f.kinds[".sum"] = true, true, true
	if !slices.Contains(f.trees, dir) {
		f.trees = append(f.trees, dir)
	}
}

// addElsewhere adds a source outside of the directory of its function, and nothing beside it, which
// may be all that a system has.
func (f *scripts) addElsewhere(path string) bool {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() || !slices.Contains(sourceKinds[:], filepath.Ext(path)) {
		return false
	}
	f.names[path] = true
	if !slices.Contains(f.trees, path) {
		f.trees = append(f.trees, path)
	}
	return true
}

// add adds the file that a word of a command names, and reports whether it names one. Of an
// absolute path that does not lead into the directory of the function, only a source counts: any
// other is a runtime.
func (f *scripts) add(fn functions.Function, word string) bool {
	path := filepath.Join(fn.Dir, word)
	if filepath.IsAbs(word) {
		path = filepath.Clean(word)
	}
	below, err := filepath.Rel(fn.Dir, path)
	isBelow := err == nil && filepath.IsLocal(below)
	switch {
	case isBelow && inSkipped(fn.Dir, below):
		return false
	case !isBelow && filepath.IsAbs(word):
		return f.addElsewhere(path)
	}
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() {
		return false
	}
	f.names[path] = true
	if ext := filepath.Ext(path); ext != "" {
		f.kinds[ext] = true
	}
	if dir := filepath.Dir(path); !slices.Contains(f.trees, dir) {
		f.trees = append(f.trees, dir)
	}
	return true
}

// inSkipped reports whether a path below dir leads through a directory that is not watched.
func inSkipped(dir, below string) bool {
	for at := filepath.Dir(below); at != "."; at = filepath.Dir(at) {
		if watch.Skip(filepath.Join(dir, at)) {
			return true
		}
	}
	return false
}

// set returns the files to watch.
func (f scripts) set(files []string) watch.Set {
	set := watch.Set{Trees: f.trees}
	for _, file := range files {
		set.Dirs = append(set.Dirs, filepath.Dir(file))
	}
	set.Has = func(path string) bool { return slices.Contains(files, path) || f.has(path) }
	return set
}

func (f scripts) has(path string) bool { return f.names[path] || f.kinds[filepath.Ext(path)] }

// unwatched says of what functions no file is watched.
func (s *server) unwatched() (notes []string) {
	if s.cfg.NoReload || s.plan.Routes == nil {
		return nil
	}
	if len(s.plan.Routes.Functions) == 0 {
		return []string{"only the configuration is watched: no function of it runs here"}
	}
	for _, fn := range s.plan.Routes.Functions {
		f, found := filesOf([]functions.Function{fn}, s.plan.Builds), false
		for _, tree := range f.trees {
			watch.Files(tree, func(path string) { found = found || f.has(path) })
		}
		if !found {
			notes = append(notes, fmt.Sprintf("no file of function %q is watched, because %s has no "+
				"source and its command names no file; start tyg local again after a change",
				fn.Name, fn.Dir))
		}
	}
	return notes
}

// fingerprint returns a hash of all files and their names.
func fingerprint(f scripts) (string, error) {
	h := sha256.New()
	for _, tree := range f.trees {
		var err error
		watch.Files(tree, func(path string) {
			if err != nil || !f.has(path) {
				return
			}
			var data []byte
			if data, err = os.ReadFile(path); errors.Is(err, fs.ErrNotExist) {
				err = nil // it has been removed meanwhile
			}
			fmt.Fprintf(h, "%q %d %s", path, len(data), data)
		})
		if err != nil {
			return "", fmt.Errorf("read functions: %w", err)
		}
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// hashOf returns the hash of a text.
func hashOf(text []byte) string {
	h := sha256.Sum256(text)
	return hex.EncodeToString(h[:])
}
