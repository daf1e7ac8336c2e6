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
	"strings"
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
	f := scripts{kinds: make(map[string]bool), names: make(map[string]bool)}
	for _, fn := range plan.Routes.Functions {
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

// add adds the file that a word of a command names, and reports whether it names one: below the
// directory of the function if the word is an absolute path, else anywhere.
func (f *scripts) add(fn functions.Function, word string) bool {
	path := filepath.Join(fn.Dir, word)
	if filepath.IsAbs(word) {
		path = filepath.Clean(word)
		below, err := filepath.Rel(fn.Dir, path)
		if err != nil || !filepath.IsLocal(below) || inVirtualEnvironment(below) {
			return false
		}
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

// inVirtualEnvironment reports whether a path leads through a directory that is not watched.
func inVirtualEnvironment(path string) bool {
	return slices.ContainsFunc(strings.Split(filepath.ToSlash(path), "/"), watch.Skip)
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

// fingerprint returns a hash of all files and their names.
func fingerprint(f scripts) (string, error) {
	h := sha256.New()
	for _, tree := range f.trees {
		err := filepath.WalkDir(tree, func(path string, d fs.DirEntry, err error) error {
			switch {
			case errors.Is(err, fs.ErrNotExist):
				return nil // it has been removed meanwhile
			case err != nil:
				return err
			case d.IsDir() && path != tree && watch.Skip(d.Name()):
				return filepath.SkipDir
			case d.IsDir() || !f.has(path):
				return nil
			}
			data, err := os.ReadFile(path)
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
			fmt.Fprintf(h, "%q %d %s", path, len(data), data)
			return nil
		})
		if err != nil {
			return "", fmt.Errorf("read functions: %w", err)
		}
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
