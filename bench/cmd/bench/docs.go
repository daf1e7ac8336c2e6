package main

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/tyg-dev/tyg/bench/internal/plot"
)

// A page may have places for tables, with text between them that is written by hand:
//
//	<!-- bench:echo -->
//	the last tables
//	<!-- /bench -->
//
// A run replaces the places of its own experiments, and of "targets", and keeps the others.
const (
	placeStart = "<!-- bench:"
	placeEnd   = "<!-- /bench -->"
)

// writeMarkdown writes a file with all tables, or fills the places of a file that has some.
func (b *bench) writeMarkdown(file, about, tables string) error {
	old, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	text := "# Measurements\n\n" + about + tables
	if strings.Contains(string(old), placeStart) {
		if text, err = fill(string(old), b.places(about)); err != nil {
			return fmt.Errorf("fill in %s: %w", file, err)
		}
	}
	return os.WriteFile(file, []byte(text), 0o644)
}

// places returns the texts of this run, by the name of the place.
func (b *bench) places(about string) map[string]string {
	places := make(map[string]string)
	for _, x := range experiments() {
		if text := page(b.rows, x.name); text != "" {
			places[x.name] = strings.TrimRight(text, "\n") + "\n\n" + about
		}
	}
	if text := places["growth"]; text != "" {
		places["growth"] = b.pictures() + text
	}
	if b.targets {
		places["targets"] = targetTable(b.rows) + "\n" + about
	}
	return places
}

// fill replaces the content of places that have a new text.
func fill(page string, places map[string]string) (string, error) {
	var out strings.Builder
	for {
		before, rest, ok := strings.Cut(page, placeStart)
		out.WriteString(before)
		if !ok {
			return out.String(), nil
		}
		name, rest, ok := strings.Cut(rest, " -->\n")
		was, rest, closed := strings.Cut(rest, placeEnd)
		if !ok || !closed || strings.Contains(was, placeStart) {
			return "", fmt.Errorf("the place %.20q has no end; write %s", name, placeEnd)
		}
		if text, measured := places[name]; measured {
			was = strings.TrimRight(text, "\n") + "\n"
		}
		fmt.Fprintf(&out, "%s%s -->\n%s%s", placeStart, name, was, placeEnd)
		page = rest
	}
}

// charts returns the pictures of growth, by file, if it was measured for several numbers of
// connections.
func (b *bench) charts() map[string]plot.Chart {
	charts := map[string]plot.Chart{
		"growth-cost.svg": b.chart("Cost of a message beside idle connections",
			"µs of server CPU, 64 connections echo", growthOf().metric),
		"growth-memory.svg": b.chart("Memory of an idle connection",
			"bytes of the server", func(r row) float64 { return r.conn }),
	}
	maps.DeleteFunc(charts, func(_ string, c plot.Chart) bool { return len(c.Lines) == 0 })
	return charts
}

// pictures returns the Markdown that shows the pictures on a page.
func (b *bench) pictures() string {
	var w strings.Builder
	if b.svg == "" {
		return ""
	}
	charts := b.charts()
	for _, name := range slices.Sorted(maps.Keys(charts)) {
		path := filepath.Join(b.svg, name)
		if rel, err := filepath.Rel(filepath.Dir(b.markdown), path); err == nil {
			path = rel
		}
		fmt.Fprintf(&w, "![%s](%s)\n\n", charts[name].Title, filepath.ToSlash(path))
	}
	return w.String()
}

func (b *bench) drawGrowth(folder string) error {
	for name, c := range b.charts() {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(c.SVG()), 0o644); err != nil {
			return err
		}
	}
	return nil
}

func (b *bench) chart(title, unit string, value func(row) float64) plot.Chart {
	c := plot.Chart{Title: title, X: "idle connections", Y: unit}
	var rows []row
	for _, r := range b.rows {
		if r.experiment.name == "growth" {
			rows = append(rows, r)
		}
	}
	for _, name := range serversIn([][]row{rows}) {
		x, y := growthSeries(rows, name, value)
		if len(x) > 1 {
			c.Lines = append(c.Lines, plot.Line{Name: name, X: x, Y: y, Main: name == "tyg"})
		}
	}
	return c
}
