package main

import (
	"bytes"
	"html/template"

	"golang.org/x/net/html"
)

// view is what the template of a page gets.
type view struct {
	Title, Name   string
	Body          template.HTML
	Nav           []section
	Headings      []heading // those below the title, of the first two levels
	Before, After *navLink
}

func (s *site) writePage(p *page) error {
	var body bytes.Buffer
	for n := range p.body.ChildNodes() {
		if err := html.Render(&body, n); err != nil {
			return err
		}
	}
	v := view{Title: p.title, Name: p.name, Body: template.HTML(body.String()), Nav: s.nav}
	v.Before, v.After = beside(s.nav, p.name)
	for i, h := range p.headings {
		if i > 0 && h.Level <= 2 {
			v.Headings = append(v.Headings, h)
		}
	}
	t, err := template.ParseFS(assets, "assets/page.html.tmpl")
	if err != nil {
		return err
	}
	var out bytes.Buffer
	if err := t.Execute(&out, v); err != nil {
		return err
	}
	return s.writeFile(p.name, out.Bytes())
}
