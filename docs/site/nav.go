package main

import (
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// A section of the navigation is a heading of the contents, and the links in its table.
type section struct {
	Title string
	Links []navLink
}

type navLink struct{ Name, Title string }

// navigation reads the sections of the contents, whose links are resolved.
func navigation(contents *page) (all []section) {
	for n := range contents.body.Descendants() {
		switch {
		case n.DataAtom == atom.H2:
			all = append(all, section{Title: textOf(n)})
		case n.DataAtom == atom.A && len(all) > 0 && inTable(n):
			last := &all[len(all)-1]
			last.Links = append(last.Links, navLink{attr(n, "href"), textOf(n)})
		}
	}
	return all
}

func inTable(n *html.Node) bool {
	for p := range n.Ancestors() {
		if p.DataAtom == atom.Table {
			return true
		}
	}
	return false
}

// beside returns the links before and after a page, in the order of the navigation.
func beside(nav []section, name string) (before, after *navLink) {
	all := []navLink{{"index.html", "tyg"}}
	for _, s := range nav {
		all = append(all, s.Links...)
	}
	for i, link := range all {
		if link.Name != name {
			continue
		}
		if i > 0 {
			before = &all[i-1]
		}
		if i+1 < len(all) {
			after = &all[i+1]
		}
	}
	return before, after
}
