//go:build unix

package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"text/tabwriter"
	"time"
)

// A report is what was judged, by fault and guarantee.
type report struct {
	Seed    uint64  `json:"seed"`
	Seconds float64 `json:"seconds"`
	Verdict string  `json:"verdict"`
	Rows    []*row  `json:"results"`

	began time.Time
	mu    sync.Mutex
	runs  map[string]int
}

// A row is one guarantee under one fault.
type row struct {
	Guarantee string   `json:"guarantee"`
	Fault     string   `json:"fault"`
	Runs      int      `json:"runs"` // how often the fault happened
	Judged    int      `json:"judged"`
	Wrong     int      `json:"violations"`
	Verdict   string   `json:"verdict"`
	Examples  []string `json:"examples,omitempty"`
}

const (
	kept   = "kept"
	broken = "BROKEN"
)

// add adds what was judged under a fault.
func (r *report) add(fault string, results map[string]*tally) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.runs == nil {
		r.runs = make(map[string]int)
	}
	r.runs[fault]++
	for _, rule := range ruleNames {
		t := results[rule]
		if t == nil {
			continue
		}
		w := r.row(rule, fault)
		w.Judged += t.judged
		w.Wrong += t.wrong
		for _, e := range t.examples {
			if len(w.Examples) < maxExamples {
				w.Examples = append(w.Examples, e)
			}
		}
	}
}

func (r *report) row(rule, fault string) *row {
	for _, w := range r.Rows {
		if w.Guarantee == rule && w.Fault == fault {
			return w
		}
	}
	w := &row{Guarantee: rule, Fault: fault}
	r.Rows = append(r.Rows, w)
	return w
}

// broken reports whether a guarantee was broken, or nothing was judged.
func (r *report) broken() bool {
	wrong, judged := 0, 0
	for _, w := range r.Rows {
		wrong += w.Wrong
		judged += w.Judged
	}
	return wrong > 0 || judged == 0
}

// brokenRules returns the guarantees that were broken.
func (r *report) brokenRules() (list []string) {
	for _, rule := range ruleNames {
		for _, w := range r.Rows {
			if w.Guarantee == rule && w.Wrong > 0 {
				list = append(list, rule)
				break
			}
		}
	}
	return list
}

// finish fills what depends on all that was added.
func (r *report) finish() {
	r.Seconds = time.Since(r.began).Seconds()
	r.Verdict = kept
	if r.broken() {
		r.Verdict = broken
	}
	for _, w := range r.Rows {
		w.Runs, w.Verdict = r.runs[w.Fault], verdict(w.Wrong)
	}
}

// print prints the report.
func (r *report) print(o options) error {
	r.finish()
	if o.json {
		e := json.NewEncoder(os.Stdout)
		e.SetIndent("", "  ")
		return e.Encode(r)
	}
	r.table(os.Stdout)
	for _, w := range r.Rows {
		for _, e := range w.Examples {
			fmt.Printf("\n%s under %s: %s", w.Guarantee, w.Fault, e)
		}
	}
	fmt.Printf("\n%s: %.0f s, seed %d\n", r.Verdict, r.Seconds, r.Seed)
	if r.broken() {
		fmt.Printf("repeat the choices with: test/cluster/run %s\n", strings.TrimSpace(o.repeat()))
	}
	return nil
}

// table prints a line for each fault and a column for each guarantee.
func (r *report) table(out io.Writer) {
	var columns []string
	faults := make(map[string]map[string]row)
	var order []string
	for _, w := range r.Rows {
		if faults[w.Fault] == nil {
			faults[w.Fault] = make(map[string]row)
			order = append(order, w.Fault)
		}
		sum := faults[w.Fault][short(w.Guarantee)]
		sum.Judged += w.Judged
		sum.Wrong += w.Wrong
		faults[w.Fault][short(w.Guarantee)] = sum
	}
	fmt.Fprintln(out)
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(t, "fault\ttimes\t")
	for _, rule := range ruleNames {
		if name := short(rule); !slices.Contains(columns, name) {
			columns = append(columns, name)
			fmt.Fprint(t, name, "\t")
		}
	}
	fmt.Fprintln(t)
	slices.Sort(order)
	total := make(map[string]row)
	for _, f := range order {
		fmt.Fprintf(t, "%-38s\t%d\t", f, r.runs[f])
		for _, c := range columns {
			w := faults[f][c]
			fmt.Fprint(t, cell(w), "\t")
			sum := total[c]
			sum.Judged += w.Judged
			sum.Wrong += w.Wrong
			total[c] = sum
		}
		fmt.Fprintln(t)
	}
	fmt.Fprint(t, "judged\t\t")
	for _, c := range columns {
		fmt.Fprint(t, cell(total[c]), "\t")
	}
	fmt.Fprint(t, "\nverdict\t\t")
	for _, c := range columns {
		fmt.Fprint(t, verdict(total[c].Wrong), "\t")
	}
	fmt.Fprintln(t)
	_ = t.Flush() // standard output
	fmt.Fprintln(out)
	for _, rule := range ruleNames {
		fmt.Fprintln(out, rule)
	}
}

// cell is what was judged, or WRONG/JUDGED.
func cell(w row) string {
	switch {
	case w.Judged == 0:
		return "-"
	case w.Wrong > 0:
		return fmt.Sprintf("%d/%d", w.Wrong, w.Judged)
	}
	return fmt.Sprint(w.Judged)
}

func verdict(wrong int) string {
	if wrong > 0 {
		return broken
	}
	return kept
}

// repeat returns the flags of this run.
func (o options) repeat() string {
	s := fmt.Sprintf("--seed %d", o.seed)
	if o.minutes > 0 {
		s += fmt.Sprintf(" --minutes %v", o.minutes)
	}
	if o.only != "" {
		s += fmt.Sprintf(" --only %q", o.only)
	}
	return s
}
