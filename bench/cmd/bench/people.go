package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/tyg-dev/tyg/bench/internal/plot"
)

// A shown is a figure on the page for people.
type shown struct {
	experiment, setup string
	label             string // in the table of ratios
	file, title, unit string // of the chart; empty: none
}

// shownFigures returns the lines of the table. Some have a chart.
func shownFigures() []shown {
	return []shown{
		{
			"echo", "64 connections, depth 1, 512 bytes", "echo, 64 connections, a message at a time",
			"echo.svg", "Echo, one message at a time",
			"messages per second of one core, 512 bytes, 64 connections",
		},
		{
			experiment: "echo", setup: "1000 connections, depth 1, 512 bytes",
			label: "echo, 1,000 connections, a message at a time",
		},
		{
			"echo", "64 connections, depth 8, 512 bytes", "echo, 64 connections, eight messages at a time",
			"pipelined.svg", "Echo, eight messages at a time",
			"messages per second of one core, 512 bytes, 64 connections",
		},
		{
			experiment: "broadcast", setup: "1000 connections, depth 1, 128 bytes",
			label: "broadcast to 1,000, a message at a time",
		},
		{
			"broadcast", "1000 connections, depth 8, 128 bytes", "broadcast to 1,000, eight at a time",
			"broadcast.svg", "Broadcast to a room of 1,000",
			"deliveries per second of one core, 128 bytes, eight publishes at a time",
		},
		{
			experiment: "broadcast", setup: "10000 connections, depth 8, 128 bytes",
			label: "broadcast to 10,000, eight at a time",
		},
		{experiment: "handshake", setup: "64 at a time", label: "new connections"},
		{
			"idle", "10000 connections", "idle connections in the same memory",
			"memory.svg", "Memory of an idle connection", "bytes of the server; less is better",
		},
		{
			experiment: "functions", setup: "1 connections, depth 1, 128 bytes",
			label: "messages through a function in Go",
		},
	}
}

// people returns the servers of the page for people.
func people() []string {
	return []string{
		"floor", "bun", "gnet", "gws", "gorilla", "coder", "nbio", "gobwas", "melody", "centrifuge",
		"node-ws", "serverless-offline",
	}
}

// subject returns the server of ours in an experiment.
func subject(experiment string) string {
	if experiment == "functions" {
		return "functions-go"
	}
	return "tyg"
}

// barCharts returns the charts of the page, by file.
func (d dataFile) barCharts() map[string]plot.Bars {
	charts := make(map[string]plot.Bars)
	for _, s := range shownFigures() {
		figures := d.figures(s.experiment, s.setup)
		if s.file == "" || len(figures) == 0 {
			continue
		}
		c := plot.Bars{Title: s.title, Unit: s.unit, Less: d[s.experiment].Less}
		for _, name := range append(people(), subject(s.experiment)) {
			if v, ok := figures[name]; ok {
				c.Bars = append(c.Bars, plot.Bar{Name: name, Value: v, Main: name == subject(s.experiment)})
			}
		}
		charts[s.file] = c
	}
	return charts
}

// ratioTable returns how many times as good as the others tyg is.
func (d dataFile) ratioTable() string {
	var w strings.Builder
	var names []string
	for _, name := range people() {
		for _, s := range shownFigures() {
			if _, ok := d.figures(s.experiment, s.setup)[name]; ok {
				names = append(names, name)
				break
			}
		}
	}
	writeLine(&w, append([]string{"tyg, as a multiple of"}, names...))
	writeLine(&w, strings.Split(strings.Repeat("--- ", len(names))+"---", " "))
	for _, s := range shownFigures() {
		figures := d.figures(s.experiment, s.setup)
		line := []string{s.label}
		for _, name := range names {
			line = append(line, multiple(figures[subject(s.experiment)], figures[name], d[s.experiment]))
		}
		if len(figures) > 0 {
			writeLine(&w, line)
		}
	}
	return w.String()
}

// multiple returns how many times as good our figure is.
func multiple(ours, other float64, m *measurement) string {
	if ours == 0 || other == 0 {
		return ""
	}
	ratio := ours / other
	if m.Less {
		ratio = 1 / ratio
	}
	if ratio >= 10 {
		return fmt.Sprintf("%.0f", ratio)
	}
	return fmt.Sprintf("%.2g", ratio)
}

// writePeople draws the charts beside the file of figures, and fills the place for ratios of a
// page.
func (d dataFile) writePeople(dataFile, page string) error {
	for name, c := range d.barCharts() {
		file := filepath.Join(filepath.Dir(dataFile), name)
		if err := os.WriteFile(file, []byte(c.SVG()), 0o644); err != nil {
			return err
		}
	}
	text, err := os.ReadFile(page)
	if err != nil {
		return err
	}
	filled, err := fill(string(text), map[string]string{
		"ratios": d.ratioTable() + "\n" + d.about("echo"),
	})
	if err != nil {
		return fmt.Errorf("fill in %s: %w", page, err)
	}
	return os.WriteFile(page, []byte(filled), 0o644)
}
