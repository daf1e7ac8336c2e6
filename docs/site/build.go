package main

import (
	"embed"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// options say what is built.
type options struct {
	root   string // of the repository
	out    string
	source string // the URL of the repository on a forge
}

// The pages that all others are found from: the front page, and the contents, whose sections and
// tables are the navigation.
const (
	front    = "README.md"
	contents = "docs/README.md"
)

// A site is the pages that the front page and the contents lead to.
type site struct {
	options
	pages  []*page
	byFile map[string]*page
	nav    []section
	files  map[string]bool // pictures, by their path in the repository
}

// build writes the site and checks it. It returns the number of pages.
func build(o options) (int, error) {
	s := &site{options: o, byFile: make(map[string]*page), files: make(map[string]bool)}
	for _, file := range []string{front, contents} {
		if _, err := s.page(file); err != nil {
			return 0, err
		}
	}
	for i := 0; i < len(s.pages); i++ { // a page adds those that it links to
		if err := s.resolve(s.pages[i]); err != nil {
			return 0, err
		}
	}
	s.nav = navigation(s.byFile[contents])
	if err := s.write(); err != nil {
		return 0, err
	}
	return len(s.pages), check(o.out)
}

//go:embed assets
var assets embed.FS

// write fills the folder of the site.
func (s *site) write() error {
	if err := os.MkdirAll(s.out, 0o777); err != nil {
		return err
	}
	for _, p := range s.pages {
		if err := s.writePage(p); err != nil {
			return fmt.Errorf("write the page of %s: %w", p.file, err)
		}
	}
	for file := range s.files {
		data, err := os.ReadFile(filepath.Join(s.root, filepath.FromSlash(file)))
		if err == nil {
			err = s.writeFile(strings.TrimPrefix(file, "docs/"), data)
		}
		if err != nil {
			return err
		}
	}
	if err := s.writeFile("search-index.js", searchIndex(s.pages)); err != nil {
		return err
	}
	return fs.WalkDir(assets, "assets", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path.Ext(name) == ".tmpl" {
			return err
		}
		data, err := assets.ReadFile(name)
		if err != nil {
			return err
		}
		return s.writeFile(strings.TrimPrefix(name, "assets/"), data)
	})
}

func (s *site) writeFile(name string, data []byte) error {
	file := filepath.Join(s.out, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
		return err
	}
	return os.WriteFile(file, data, 0o666)
}
