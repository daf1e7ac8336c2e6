package main

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// tables returns a table in Markdown for each experiment and configuration, in the order in which
// they were first measured.
func tables(rows []row) string {
	var text strings.Builder
	for len(rows) > 0 {
		first := rows[0]
		var group, others []row
		for _, r := range rows {
			if r.experiment.name == first.experiment.name && r.config == first.config {
				group = append(group, r)
			} else {
				others = append(others, r)
			}
		}
		writeTable(&text, group)
		rows = others
	}
	return text.String()
}

// writeTable writes the table of one configuration: a line for each server, in the order of the
// runs.
func writeTable(w *strings.Builder, rows []row) {
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
	better := "more is better"
	if x.less {
		better = "less is better"
	}
	fmt.Fprintf(w, "\n### %s: %s\n\nThe %s; %s.\n\n", x.title, rows[0].config, x.unit, better)
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

// present returns those of names that have a row with a result.
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
	for _, r := range rows {
		if r.server == name && r.err != nil {
			why, _, _ := strings.Cut(r.err.Error(), "\n")
			writeLine(w, []string{name, "**failed**: " + strings.ReplaceAll(why, "|", "¦")})
			return
		}
	}
	values := valuesOf(runs, x.metric)
	cells := []string{name, spread(values)}
	for _, base := range bases {
		cells = append(cells, fmt.Sprintf("%.2f", median(ratios(runs, good(rows, base), x.metric))))
	}
	for _, c := range x.columns {
		cells = append(cells, number(median(valuesOf(runs, c.value))))
	}
	noise := slices.Max(valuesOf(runs, row.Noise))
	writeLine(w, append(cells, fmt.Sprint(len(runs)), fmt.Sprintf("%.2f", noise)))
}

func writeLine(w *strings.Builder, cells []string) {
	fmt.Fprintf(w, "| %s |\n", strings.Join(cells, " | "))
}

// good returns the rows of a server that have a result.
func good(rows []row, name string) (found []row) {
	for _, r := range rows {
		if r.server == name && r.err == nil {
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

// spread is the median, and the range if there is one.
func spread(values []float64) string {
	text := number(median(values))
	if len(values) > 1 {
		text += fmt.Sprintf(" (%s–%s)", number(slices.Min(values)), number(slices.Max(values)))
	}
	return text
}

// number writes three digits at least, and separates thousands.
func number(v float64) string {
	if math.Abs(v) < 100 {
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
