package main

import (
	"fmt"
	"slices"
	"strings"
)

// A matrix has a line for each server and a column for each setup. Pages show it; the tables have
// every figure.

// matrixMin is the number of setups from which on a page shows a matrix.
const matrixMin = 3

// page returns the part of a page about an experiment.
func page(rows []row, name string) string {
	var own [][]row
	for _, group := range groups(rows) {
		if group[0].experiment.name == name {
			own = append(own, group)
		}
	}
	if len(own) == 0 {
		return ""
	}
	var w strings.Builder
	if x := own[0][0].experiment; len(own) >= matrixMin && x.name != "growth" {
		writeMatrix(&w, own)
		return w.String()
	}
	for _, group := range own {
		fmt.Fprintf(&w, "%s, %s:\n\n", upper(group[0].config), group[0].experiment.unit)
		writeRows(&w, group)
		w.WriteString("\n")
	}
	return w.String()
}

func upper(text string) string { return strings.ToUpper(text[:1]) + text[1:] }

func writeMatrix(w *strings.Builder, groups [][]row) {
	x := groups[0][0].experiment
	scale, unit := 1.0, x.unit
	if !x.less {
		scale, unit = 1000, x.unit+", thousands"
	}
	cell := func(v float64) string { return number(v / scale) }
	writeHead(w, unit, groups)
	names := serversIn(groups)
	for _, name := range names {
		writeLine(w, cells(name, groups, func(group []row) string {
			return orWhy(group, name, func(runs []row) string {
				return cell(median(valuesOf(runs, x.metric)))
			})
		}))
	}
	for _, subject := range x.subject {
		for _, base := range x.bases {
			if base != subject && slices.Contains(names, base) && slices.Contains(names, subject) {
				writeRatios(w, groups, subject, base)
			}
		}
	}
	if x.second == nil {
		return
	}
	w.WriteString("\n")
	writeHead(w, x.second.title, groups)
	for _, name := range names {
		writeLine(w, cells(name, groups, func(group []row) string {
			return orWhy(group, name, func(runs []row) string {
				return number(median(valuesOf(runs, x.second.value)))
			})
		}))
	}
}

func writeHead(w *strings.Builder, unit string, groups [][]row) {
	titles := []string{unit}
	for _, group := range groups {
		titles = append(titles, group[0].config)
	}
	writeLine(w, titles)
	writeLine(w, slices.Repeat([]string{"---"}, len(titles)))
}

// cells returns a line of a matrix.
func cells(name string, groups [][]row, cell func([]row) string) []string {
	line := []string{name}
	for _, group := range groups {
		line = append(line, cell(group))
	}
	return line
}

// orWhy returns the text of a server's runs in one setup, or why there are none.
func orWhy(group []row, name string, text func([]row) string) string {
	runs := good(group, name)
	switch {
	case whyNot(group, name) != "":
		return whyNot(group, name)
	case len(runs) == 0:
		return ""
	}
	return text(runs)
}

func writeRatios(w *strings.Builder, groups [][]row, subject, base string) {
	metric := groups[0][0].experiment.metric
	writeLine(w, cells(subject+" / "+base, groups, func(group []row) string {
		values := ratios(good(group, subject), good(group, base), metric)
		if len(values) == 0 {
			return ""
		}
		return fmt.Sprintf("%.2f", median(values))
	}))
}

// serversIn returns the servers of all setups, in the order of their first measurement.
func serversIn(groups [][]row) (names []string) {
	for _, group := range groups {
		for _, r := range group {
			if !slices.Contains(names, r.server) {
				names = append(names, r.server)
			}
		}
	}
	return names
}
