package watch

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Skip reports whether a directory holds files that tools have made: it is hidden, has packages of
// Node.js or PHP, or is a virtual environment of Python, whatever its name.
func Skip(dir string) bool {
	return strings.HasPrefix(filepath.Base(dir), ".") || isGenerated(dir)
}

func isGenerated(dir string) bool {
	switch filepath.Base(dir) {
	case "node_modules", "__pycache__", "venv", "vendor":
		return true
	}
	// (https://docs.python.org/3/library/venv.html)
	_, err := os.Lstat(filepath.Join(dir, "pyvenv.cfg"))
	return err == nil
}

// Files calls do for the files of a tree as a [Set] has them: those below root, or root itself if
// it is a file. Symbolic links are followed. What cannot be read is left out.
func Files(root string, do func(path string)) {
	if info, err := os.Stat(root); err == nil && !info.IsDir() {
		do(root)
		return
	}
	w := walker{deep: true, file: do}
	w.walk(root)
}

// A walker visits a tree. A directory that several paths lead to is visited once, so that links in
// a circle end. Its functions may be nil.
type walker struct {
	deep bool                    // with subdirectories
	dir  func(path, real string) // real is path without symbolic links
	link func(path, real string) // real leads to the link itself
	file func(path string)
	seen map[string]bool // by real path
}

func (w *walker) walk(root string) {
	w.seen = make(map[string]bool)
	if real, err := filepath.EvalSymlinks(root); err == nil {
		w.visit(root, real)
	}
}

func (w *walker) visit(path, real string) {
	if w.seen[real] {
		return
	}
	w.seen[real] = true
	if w.dir != nil {
		w.dir(path, real)
	}
	entries, _ := os.ReadDir(real) // it may be gone already
	for _, e := range entries {
		w.entry(filepath.Join(path, e.Name()), filepath.Join(real, e.Name()), e.Type())
	}
}

func (w *walker) entry(path, real string, kind fs.FileMode) {
	if kind&fs.ModeSymlink != 0 {
		if w.link != nil {
			w.link(path, real)
		}
		target, err := filepath.EvalSymlinks(real)
		if err != nil {
			return // it leads nowhere
		}
		info, err := os.Stat(target)
		if err != nil {
			return
		}
		real, kind = target, info.Mode().Type()
	}
	switch {
	case !kind.IsDir():
		if w.file != nil && kind.IsRegular() {
			w.file(path)
		}
	case w.deep && !Skip(path) && !isGenerated(real):
		w.visit(path, real)
	}
}

// maxLinks is how many symbolic links a path may lead through, as on Linux.
const maxLinks = 40

// hops returns the symbolic links that a path leads through, and where it ends, all without
// symbolic links before them. The end may be missing.
func hops(path string) (links []string, end string) {
	volume := filepath.VolumeName(path) + string(filepath.Separator)
	rest := split(strings.TrimPrefix(path, volume))
	end = volume
	for len(rest) > 0 {
		next := filepath.Join(end, rest[0]) // of "..", the directory above
		rest = rest[1:]
		target, err := os.Readlink(next)
		if err != nil || len(links) == maxLinks {
			end = next
			continue
		}
		links = append(links, next)
		if filepath.IsAbs(target) {
			end = volume
			target = strings.TrimPrefix(target, volume)
		}
		rest = append(split(target), rest...)
	}
	return links, end
}

func split(path string) []string {
	return strings.FieldsFunc(path, func(r rune) bool { return os.IsPathSeparator(uint8(r)) })
}
