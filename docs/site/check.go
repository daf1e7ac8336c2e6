package main

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path"
	"strings"

	"golang.org/x/net/html"
)

// A target is a file of the site, and for a page what its links can lead to.
type target struct {
	ids   map[string]bool
	links []string
}

// check reads a site as it was written, and reports every link that leads nowhere, every anchor
// that two elements have, and everything that a page would load from elsewhere.
func check(dir string) error {
	site := os.DirFS(dir)
	targets := make(map[string]target)
	var problems []error
	err := fs.WalkDir(site, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		t := target{}
		if path.Ext(name) == ".html" {
			var problem error
			if t, problem = readTarget(site, name); problem != nil {
				problems = append(problems, problem)
			}
		}
		targets[name] = t
		return nil
	})
	if err != nil {
		return err
	}
	for name, t := range targets {
		for _, link := range t.links {
			if err := follow(targets, name, link); err != nil {
				problems = append(problems, fmt.Errorf("%s: link to %s: %w", name, link, err))
			}
		}
	}
	return errors.Join(problems...)
}

func readTarget(site fs.FS, name string) (target, error) {
	f, err := site.Open(name)
	if err != nil {
		return target{}, err
	}
	defer f.Close()
	doc, err := html.Parse(f)
	if err != nil {
		return target{}, err
	}
	t := target{ids: make(map[string]bool)}
	var problems []error
	for n := range doc.Descendants() {
		if id := attr(n, "id"); id != "" {
			if t.ids[id] {
				problems = append(problems, fmt.Errorf("%s: two elements have the id %s", name, id))
			}
			t.ids[id] = true
		}
		for _, key := range []string{"href", "src", "srcset"} {
			to := attr(n, key)
			if to != "" {
				t.links = append(t.links, to)
			}
			if n.Data != "a" && strings.Contains(to, "//") {
				problems = append(problems, fmt.Errorf("%s: loads %s from elsewhere", name, to))
			}
		}
	}
	return t, errors.Join(problems...)
}

// follow returns an error if a link of a page leads nowhere in the site. Links to other sites are
// not followed.
func follow(targets map[string]target, from, link string) error {
	u, err := url.Parse(link)
	if err != nil || u.IsAbs() {
		return err
	}
	name := from
	if u.Path != "" {
		name = path.Join(path.Dir(from), u.Path)
	}
	t, ok := targets[name]
	if !ok {
		return errors.New("the site has no such file")
	}
	if u.Fragment != "" && !t.ids[u.Fragment] {
		return fmt.Errorf("%s has no anchor #%s", name, u.Fragment)
	}
	return nil
}
