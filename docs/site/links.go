package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"golang.org/x/net/html"
)

// resolve makes the links of a page lead to pages and pictures of the site, or to the forge. It
// adds the pages that the page links to.
func (s *site) resolve(p *page) error {
	var problems []error
	for n := range p.body.Descendants() {
		for _, key := range []string{"href", "src", "srcset"} {
			to := attr(n, key)
			if to == "" {
				continue
			}
			link, err := s.link(p, to)
			if err != nil {
				problems = append(problems, fmt.Errorf("%s: link to %s: %w", p.file, to, err))
				continue
			}
			setAttr(n, key, link)
			s.titleLink(p, n, to)
		}
	}
	return errors.Join(problems...)
}

// link returns what a link of a page becomes.
func (s *site) link(p *page, to string) (string, error) {
	if strings.Contains(to, "://") || strings.HasPrefix(to, "mailto:") || to[0] == '#' {
		return to, nil
	}
	file, fragment, found := strings.Cut(to, "#")
	file = path.Join(path.Dir(p.file), file)
	info, err := os.Stat(filepath.Join(s.root, filepath.FromSlash(file)))
	if err != nil || !fs.ValidPath(file) {
		return "", fmt.Errorf("%s is not in the repository", file)
	}
	if found {
		fragment = "#" + fragment
	}
	switch {
	case info.IsDir():
		return s.source + "/tree/main/" + file, nil
	case path.Ext(file) == ".md":
		target, err := s.page(file)
		if err != nil {
			return "", err
		}
		return target.name + fragment, nil
	case path.Ext(file) == ".svg", path.Ext(file) == ".png":
		s.files[file] = true
		return strings.TrimPrefix(file, "docs/") + fragment, nil
	}
	return s.source + "/blob/main/" + file + fragment, nil
}

// titleLink shows the title of a page where the link shows the name of its file, which the site
// does not have.
func (s *site) titleLink(p *page, n *html.Node, to string) {
	target := s.byFile[path.Join(path.Dir(p.file), to)]
	text := n.FirstChild
	if target != nil && text != nil && text == n.LastChild && text.Type == html.TextNode &&
		(text.Data == to || text.Data == path.Base(to)) {
		text.Data = target.title
	}
}
