package main

import (
	"fmt"
	"math"
	"slices"
)

// check is one condition of a target: a bound for a server's figure, or for its ratio to others.
// The worst of the setups counts.
type check struct {
	experiment, server string

	about  func(setup) bool  // nil: all setups
	metric func(row) float64 // nil: the experiment's
	what   string            // the metric, if it is not the experiment's
	bases  []string          // none: no ratio
	from   int               // growth: the ratio is to the same server with this many connections
	bound  float64
	less   bool // the bound is an upper one
}

func (c check) where(about func(setup) bool) check {
	c.about = about
	return c
}

func (c check) by(what string, metric func(row) float64) check {
	c.what, c.metric = what, metric
	return c
}

// grown compares runs of the server with few and with many connections.
func (c check) grown(from, to int) check {
	c.from = from
	return c.where(func(s setup) bool { return s.conns == to })
}

func (c check) atLeast(bound float64, bases ...string) check {
	c.bound, c.bases = bound, bases
	return c
}

func (c check) atMost(bound float64, bases ...string) check {
	c.bound, c.bases, c.less = bound, bases, true
	return c
}

// verdict says whether a target is met.
type verdict int

const (
	yes verdict = iota
	unknown
	no
)

// and returns the worse of both.
func (v verdict) and(w verdict) verdict { return max(v, w) }

func (v verdict) String() string {
	return [...]string{yes: "yes", unknown: "not measured", no: "**no**"}[v]
}

// finding is a measured figure.
type finding struct {
	value        float64
	base, config string // base is empty if the value is not a ratio
}

// judge returns the worst finding as text, and whether it is within the bound.
func (c check) judge(rows []row) (text string, v verdict) {
	found, missing := c.findings(rows)
	if len(found) == 0 {
		return c.experiment + ": " + missing, unknown
	}
	worst := slices.MinFunc(found, func(a, b finding) int {
		if (a.value > b.value) == c.less {
			return -1
		}
		return 1
	})
	v = yes
	if c.less && worst.value > c.bound || !c.less && worst.value < c.bound {
		v = no
	}
	return c.describe(worst), v
}

// findings returns the figures of all setups, and if there are none, why.
func (c check) findings(rows []row) (found []finding, missing string) {
	missing = "not measured"
	for _, group := range groups(rows) {
		x := group[0].experiment
		if x.name != c.experiment || c.about != nil && !c.about(group[0].setup) {
			continue
		}
		metric := c.metric
		if metric == nil {
			metric = x.metric
		}
		runs := good(group, c.server)
		if len(runs) == 0 {
			if why := whyNot(group, c.server); why != "" {
				missing = why
			}
			continue
		}
		found = append(found, c.compare(rows, group, runs, metric)...)
	}
	return found, missing
}

func (c check) compare(rows, group, runs []row, metric func(row) float64) (found []finding) {
	config := group[0].config
	add := func(base string, value float64) {
		if !math.IsNaN(value) {
			found = append(found, finding{value, base, config})
		}
	}
	if c.from > 0 {
		few := slices.DeleteFunc(slices.Clone(rows), func(r row) bool {
			return r.experiment.name != c.experiment || r.setup.conns != c.from
		})
		add(fmt.Sprintf("with %d", c.from), median(ratios(runs, good(few, c.server), metric)))
		return found
	}
	for _, base := range c.bases {
		add(base, median(ratios(runs, good(group, base), metric)))
	}
	if len(c.bases) == 0 {
		add("", median(valuesOf(runs, metric)))
	}
	return found
}

// describe writes a finding: its value, base and setup.
func (c check) describe(f finding) string {
	text := number(f.value)
	if f.base != "" {
		text = fmt.Sprintf("%.2f × %s", f.value, f.base)
	}
	if c.what != "" {
		text = c.what + " " + text
	}
	return fmt.Sprintf("%s (%s: %s)", text, c.experiment, f.config)
}

// groups returns the rows of each experiment and configuration, in the order of their first
// measurement.
func groups(rows []row) (groups [][]row) {
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
		groups = append(groups, group)
		rows = others
	}
	return groups
}
