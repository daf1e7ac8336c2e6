package template

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// splitAPI separates the name of an API from the path of a template, which it follows after a #. A
// file whose own name has a # stays as it is, and so does a directory.
func splitAPI(path string) (file, api string) {
	i := strings.LastIndexByte(path, '#')
	if i < 0 || strings.ContainsAny(path[i:], `/\`) {
		return path, ""
	}
	if _, err := os.Stat(path); err == nil {
		return path, ""
	}
	return path[:i], path[i+1:]
}

// Files returns the files on which the result of Read depends and that exist or may: the template,
// and the configurations of the SAM CLI beside it and in the directory of the project.
func Files(path, dir string) []string {
	path, _ = splitAPI(path)
	files := []string{path}
	for _, name := range samFiles {
		files = append(files, filepath.Join(filepath.Dir(path), name))
		if dir != filepath.Dir(path) {
			files = append(files, filepath.Join(dir, name))
		}
	}
	return files
}

// chooseAPI returns the place in a list of WebSocket APIs of that which the user wants. The list
// has one at least.
func (b *builder) chooseAPI(names []string) (int, error) {
	if b.api == "" && len(names) == 1 {
		return 0, nil
	}
	if i := slices.Index(names, b.api); i >= 0 {
		return i, nil
	}
	fault := fmt.Sprintf("it has %d WebSocket APIs", len(names))
	if b.api != "" {
		fault = fmt.Sprintf("it has no WebSocket API %q", b.api)
	}
	argument := b.file.name + "#" + names[0]
	if strings.ContainsAny(argument, " '()&;[") {
		argument = `"` + argument + `"`
	}
	return 0, b.errorf(b.root, "%s; choose one of %s: tyg local --template %s", fault,
		strings.Join(names, ", "), argument)
}
