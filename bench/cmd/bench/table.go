package main

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// tables returns a table in Markdown for each experiment and configuration, in the order of their
// first measurement.
func tables(rows []row) string {
	var text strings.Builder
	for _, group := range groups(rows) {
		writeTable(&text, group)
	}
	return text.String()
}

// writeTable writes the table of one configuration under its title.
func writeTable(w *strings.Builder, rows []row) {
	x := rows[0].experiment
	better := "more is better"
	if x.less {
		better = "less is better"
	}
	fmt.Fprintf(w, "\n### %s: %s\n\nThe %s; %s.\n\n", x.title, rows[0].config, x.unit, better)
	writeRows(w, rows)
}

// writeRows writes a line for each server, in the order of the runs.
func writeRows(w *strings.Builder, rows []row) {
	x := rows[0].experiment
	bases := present(x.bases, rows)
	titles := []string{"server", x.unit}
	for _, base := range bases {
		titles = append(titles, "/ "+base)
	}
	for _, c := range x.columns {
		titles = append(titles, c.title)
	}
	titles = append(titles, "rounds", "noise")
	writeLine(w, titles)
	writeLine(w, slices.Repeat([]string{"---"}, len(titles)))
	var seen []string
	for _, r := range rows {
		if !slices.Contains(seen, r.server) {
			seen = append(seen, r.server)
			writeServer(w, x, bases, rows, r.server)
		}
	}
}

// present returns the names that have a row with a result.
func present(names []string, rows []row) (found []string) {
	for _, name := range names {
		if len(good(rows, name)) > 0 {
			found = append(found, name)
		}
	}
	return found
}

func writeServer(w *strings.Builder, x experiment, bases []string, rows []row, name string) {
	runs := good(rows, name)
	if why := whyNot(rows, name); why != "" {
		writeLine(w, []string{name, why})
		return
	}
	values := valuesOf(runs, x.metric)
	cells := []string{name, spread(values)}
	for _, base := range bases {
		cells = append(cells, fmt.Sprintf("%.2f", median(ratios(runs, good(rows, base), x.metric))))
	}
	for _, c := range x.columns {
		cells = append(cells, number(median(valuesOf(runs, c.value))))
	}
	noise := fmt.Sprintf("%.2f", slices.Max(valuesOf(runs, row.Noise)))
	if x.family {
		noise = "?"
	}
	writeLine(w, append(cells, fmt.Sprint(len(runs)), noise))
}

// whyNot returns why a server has no result, or "" if it has one.
func whyNot(rows []row, name string) string {
	for _, r := range rows {
		if r.server == name && r.err != nil {
			why, _, _ := strings.Cut(r.err.Error(), "\n")
			return "**failed**: " + strings.ReplaceAll(why, "|", "¦")
		}
		if r.server == name && r.skipped != "" {
			return "not measured: " + r.skipped
		}
	}
	return ""
}

func writeLine(w *strings.Builder, cells []string) {
	fmt.Fprintf(w, "| %s |\n", strings.Join(cells, " | "))
}

// good returns the rows of a server that have a result.
func good(rows []row, name string) (found []row) {
	for _, r := range rows {
		if r.server == name && r.err == nil && r.skipped == "" {
			found = append(found, r)
		}
	}
	return found
}

func valuesOf(rows []row, value func(row) float64) (values []float64) {
	for _, r := range rows {
		values = append(values, value(r))
	}
	return values
}

// ratios returns the ratios of runs to those of a base in the same round.
func ratios(runs, bases []row, metric func(row) float64) (ratios []float64) {
	for _, r := range runs {
		for _, base := range bases {
			if base.round == r.round && metric(base) != 0 {
				ratios = append(ratios, metric(r)/metric(base))
			}
		}
	}
	return ratios
}

// median returns NaN if there are no values.
func median(values []float64) float64 {
	if len(values) == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(values))
	half := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[half]
	}
	return (sorted[half-1] + sorted[half]) / 2
}

// spread returns the median, and the range if there are several values.
func spread(values []float64) string {
	text := number(median(values))
	if len(values) > 1 {
		text += fmt.Sprintf(" (%s–%s)", number(slices.Min(values)), number(slices.Max(values)))
	}
	return text
}

// number returns three digits or more, with separated thousands.
func number(v float64) string {
	switch size := math.Abs(v); {
	case size < 10:
		return fmt.Sprintf("%.2f", v)
	case size < 100:
		return fmt.Sprintf("%.1f", v)
	}
	text := fmt.Sprintf("%.0f", math.Abs(v))
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	if v < 0 {
		return "-" + text
	}
	return text
}
