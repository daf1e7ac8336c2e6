package gobuild

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// Sources are the source files of a program that its author may edit: the packages of the main
// module and of modules that are replaced by a directory. Packages in the module cache do not
// change.
type Sources struct {
	Dirs       []string        // of packages, and where a missing package would be
	Files      []string        // go.mod, go.sum and go.work
	Embeds     []string        // embedded directories
	Packages   map[string]bool // import paths of all packages but those of the standard library
	incomplete bool            // a package is missing or cannot be read

	globs   []string          // what is embedded by pattern
	missing []string          // import paths
	roots   map[string]string // directories of modules, by module path
}

// Has reports whether this file belongs to the program, or would if it existed.
func (s *Sources) Has(name string) bool {
	if slices.Contains(s.Files, name) {
		return true
	}
	if slices.Contains(s.Dirs, filepath.Dir(name)) &&
		(isSource(name) || filepath.Ext(name) == "") { // maybe the directory of a missing package
		return true
	}
	if slices.ContainsFunc(s.globs, func(glob string) bool {
		ok, _ := filepath.Match(glob, name) // go build reports a bad pattern
		return ok
	}) {
		return true
	}
	return slices.ContainsFunc(s.Embeds, func(root string) bool {
		return name == root || strings.HasPrefix(name, root+string(filepath.Separator))
	})
}

// isSource reports whether go build would read the file: not a test, not hidden, not a backup.
// (https://pkg.go.dev/cmd/go#hdr-Package_lists_and_patterns)
func isSource(name string) bool {
	base := filepath.Base(name)
	if strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_") ||
		strings.HasSuffix(base, "_test.go") {
		return false
	}
	return slices.Contains([]string{".go", ".s", ".S", ".c", ".h", ".cc", ".cpp", ".hpp", ".syso"},
		filepath.Ext(base))
}

// listed is a package in the output of go list -json.
type listed struct {
	Dir, ImportPath string
	Standard        bool
	Module          *listedModule
	EmbedPatterns   []string
	Error           *struct{ Err string }
}

type listedModule struct {
	Path, Dir string
	Main      bool
	Replace   *listedModule
	Version   string
}

// Sources lists the files, as far as possible for a project that does not compile. Since is the
// result of the last call, or nil: while packages cannot be read, its files count, too.
func (p Project) Sources(ctx context.Context, since *Sources) (*Sources, error) {
	args := slices.Concat([]string{"list", "-e", "-deps"}, p.tagFlags(ctx),
		[]string{"-json=Dir,ImportPath,Standard,Module,EmbedPatterns,Error", "."})
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = p.Dir
	out, err := cmd.Output()
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		err = errors.New(strings.TrimSpace(string(exit.Stderr)))
	}
	if err != nil && since == nil {
		return nil, fmt.Errorf("list sources: %w", err)
	}
	s := &Sources{
		Packages: make(map[string]bool), roots: make(map[string]string), incomplete: err != nil,
	}
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var pkg listed
		if err := dec.Decode(&pkg); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, fmt.Errorf("list sources: %w", err)
		}
		s.add(pkg)
	}
	s.addWork(ctx, p.Dir)
	s.addMissing()
	if s.incomplete && since != nil {
		s.keep(since)
	}
	return s, nil
}

// add adds the files of a package.
func (s *Sources) add(p listed) {
	s.incomplete = s.incomplete || p.Error != nil
	if p.Standard {
		return
	}
	s.Packages[p.ImportPath] = true
	root, own := p.Module.directory()
	if !own || p.Dir == "" {
		s.missing = append(s.missing, p.ImportPath)
		return
	}
	s.roots[p.Module.Path] = root
	s.addDir(p.Dir)
	s.addFile(filepath.Join(root, "go.mod"))
	s.addFile(filepath.Join(root, "go.sum"))
	for _, pattern := range p.EmbedPatterns {
		s.addEmbed(p.Dir, strings.TrimPrefix(pattern, "all:"))
	}
}

// addMissing adds the directories in which missing packages would be, or their nearest parent that
// exists.
func (s *Sources) addMissing() {
	for _, imp := range s.missing {
		for module, root := range s.roots {
			rest, ok := strings.CutPrefix(imp, module+"/")
			if !ok {
				continue
			}
			dir := filepath.Join(root, filepath.FromSlash(rest))
			for dir != root && !isDir(dir) {
				dir = filepath.Dir(dir)
			}
			s.addDir(dir)
		}
	}
}

func isDir(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.IsDir()
}

// directory returns the directory of a module that the author may edit.
func (m *listedModule) directory() (dir string, own bool) {
	switch {
	case m == nil:
		return "", false
	case m.Main:
		return m.Dir, true
	case m.Replace != nil && m.Replace.Version == "":
		return m.Replace.Dir, m.Replace.Dir != ""
	}
	return "", false
}

// addEmbed adds the matches of a pattern, and the directory in which there may be more.
// (https://pkg.go.dev/embed#hdr-Directives)
func (s *Sources) addEmbed(dir, pattern string) {
	fixed := pattern
	for strings.ContainsAny(fixed, `*?[\`) {
		fixed = path.Dir(fixed)
	}
	root := filepath.Join(dir, filepath.FromSlash(fixed))
	if fixed != "." {
		if !slices.Contains(s.Embeds, root) {
			s.Embeds = append(s.Embeds, root)
		}
		return
	}
	glob := filepath.Join(dir, filepath.FromSlash(pattern))
	s.globs = append(s.globs, glob)
	matches, _ := filepath.Glob(glob) // go build reports a bad pattern
	for _, m := range matches {
		if isDir(m) && !slices.Contains(s.Embeds, m) {
			s.Embeds = append(s.Embeds, m)
		}
	}
}

// addWork adds the workspace file, if there is one.
func (s *Sources) addWork(ctx context.Context, dir string) {
	cmd := exec.CommandContext(ctx, "go", "env", "GOWORK")
	cmd.Dir = dir
	out, err := cmd.Output()
	if name := strings.TrimSpace(string(out)); err == nil && filepath.IsAbs(name) {
		s.addFile(name)
	}
}

// keep adds the files of an earlier list.
func (s *Sources) keep(old *Sources) {
	for _, dir := range old.Dirs {
		s.addDir(dir)
	}
	for _, file := range old.Files {
		s.addFile(file)
	}
	for _, root := range old.Embeds {
		if !slices.Contains(s.Embeds, root) {
			s.Embeds = append(s.Embeds, root)
		}
	}
}

func (s *Sources) addDir(dir string) {
	if !slices.Contains(s.Dirs, dir) {
		s.Dirs = append(s.Dirs, dir)
	}
}

func (s *Sources) addFile(name string) {
	if !slices.Contains(s.Files, name) {
		s.Files = append(s.Files, name)
	}
}
