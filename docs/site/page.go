package main

import (
	"bytes"
	"cmp"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// A page is a Markdown file of the repository.
type page struct {
	file     string // its path in the repository
	name     string // its file in the site
	title    string
	body     *html.Node // its content is the page
	headings []heading
}

// A heading is one that links can lead to.
type heading struct {
	Level    int
	ID, Text string
}

// page reads a page, once. Its links are those of the repository until resolve.
func (s *site) page(file string) (*page, error) {
	if p := s.byFile[file]; p != nil {
		return p, nil
	}
	source, err := os.ReadFile(filepath.Join(s.root, filepath.FromSlash(file)))
	if err != nil {
		return nil, err
	}
	var text bytes.Buffer
	if err := markdown().Convert(source, &text); err != nil {
		return nil, fmt.Errorf("read %s: %w", file, err)
	}
	p := &page{file: file, name: pageName(file), body: element("main")}
	nodes, err := html.ParseFragment(&text, element("div"))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", file, err)
	}
	for _, n := range nodes {
		p.body.AppendChild(n)
	}
	p.nameHeadings()
	p.frameTables()
	s.byFile[file] = p
	s.pages = append(s.pages, p)
	return p, nil
}

// pageName returns the name of a page in the site, which has no folders for pages.
func pageName(file string) string {
	switch file {
	case front:
		return "index.html"
	case contents:
		return "contents.html"
	}
	name := strings.TrimSuffix(strings.TrimPrefix(file, "docs/"), ".md")
	return strings.ToLower(strings.ReplaceAll(name, "/", "-")) + ".html"
}

// nameHeadings gives each heading the anchor that GitHub gives it, and a link to itself.
func (p *page) nameHeadings() {
	seen := make(map[string]int)
	for n := range p.body.Descendants() {
		level := headingLevel(n)
		if level == 0 {
			continue
		}
		text := textOf(n)
		id := anchor(text)
		if seen[id]++; seen[id] > 1 {
			id = fmt.Sprintf("%s-%d", id, seen[id]-1)
		}
		setAttr(n, "id", id)
		p.headings = append(p.headings, heading{level, id, text})
		if level == 1 {
			p.title = cmp.Or(p.title, text)
		} else {
			n.AppendChild(selfLink(id, text))
		}
	}
	p.title = cmp.Or(p.title, path.Base(p.file))
}

func selfLink(id, text string) *html.Node {
	link := element("a")
	setAttr(link, "class", "anchor")
	setAttr(link, "href", "#"+id)
	setAttr(link, "aria-label", "Link to “"+text+"”")
	link.AppendChild(&html.Node{Type: html.TextNode, Data: "#"})
	return link
}

// frameTables puts each table into a box that scrolls, so that the page need not.
func (p *page) frameTables() {
	var tables []*html.Node
	for n := range p.body.Descendants() {
		if n.DataAtom == atom.Table {
			tables = append(tables, n)
		}
	}
	for _, table := range tables {
		box := element("div")
		setAttr(box, "class", "table")
		table.Parent.InsertBefore(box, table)
		table.Parent.RemoveChild(table)
		box.AppendChild(table)
		dropEmptyTitles(table)
	}
}

// dropEmptyTitles removes titles of columns that have no text, which Markdown cannot leave out.
func dropEmptyTitles(table *html.Node) {
	for n := range table.Descendants() {
		if n.DataAtom == atom.Th && strings.TrimSpace(textOf(n)) == "" {
			n.Data, n.DataAtom = "td", atom.Td
		}
	}
	for n := range table.ChildNodes() {
		if n.DataAtom == atom.Thead && strings.TrimSpace(textOf(n)) == "" {
			table.RemoveChild(n)
			return
		}
	}
}

func headingLevel(n *html.Node) int {
	switch n.DataAtom {
	case atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
		return int(n.Data[1] - '0')
	}
	return 0
}
