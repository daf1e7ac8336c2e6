package main

import (
	"bytes"
	"encoding/json"
	"strings"

	"golang.org/x/net/html"
)

// An entry of the search is the text from a heading to the next one.
type entry struct {
	URL   string `json:"url"`
	Page  string `json:"page"`
	Title string `json:"title"` // of the heading
	Text  string `json:"text"`
}

// searchIndex returns a script that sets the entries of all pages: a page that was opened from a
// file may load scripts, but no data.
func searchIndex(pages []*page) []byte {
	var all []entry
	for _, p := range pages {
		all = append(all, entries(p)...)
	}
	var out bytes.Buffer
	out.WriteString("globalThis.searchEntries = ")
	_ = json.NewEncoder(&out).Encode(all) // strings can be encoded, and a Buffer written
	return out.Bytes()
}

func entries(p *page) (all []entry) {
	current := entry{URL: p.name, Page: p.title, Title: p.title}
	var text strings.Builder
	add := func() {
		current.Text = strings.Join(strings.Fields(text.String()), " ")
		text.Reset()
		if current.Text != "" || current.Title != p.title {
			all = append(all, current)
		}
	}
	for n := range p.body.ChildNodes() {
		if level := headingLevel(n); level > 0 {
			add()
			current.URL, current.Title = p.name+"#"+attr(n, "id"), textOf(n)
			if attr(n, "id") == p.headings[0].ID {
				current.URL = p.name
			}
			continue
		}
		writeWords(&text, n)
	}
	add()
	return all
}

// writeWords writes the text of a node, with a space where a cell or a paragraph ends.
func writeWords(out *strings.Builder, n *html.Node) {
	switch n.Type {
	case html.TextNode:
		out.WriteString(n.Data)
	case html.ElementNode:
		for c := range n.ChildNodes() {
			writeWords(out, c)
		}
		switch n.Data {
		case "p", "li", "td", "th", "pre", "tr":
			out.WriteByte(' ')
		}
	}
}
