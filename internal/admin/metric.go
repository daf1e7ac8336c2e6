package admin

import (
	"bufio"
	"cmp"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
)

// A Metric is the value of a metric at one moment.
type Metric struct {
	Name, Help string
	Labels     []Label
	Number     float64
	Kind       Kind // gauge by default

	suffix string // of the name, in a histogram
}

// A Label tells values of one metric apart.
type Label struct{ Name, Value string }

// A Kind says how a metric changes.
type Kind uint8

// The kinds of metrics. A counter only grows.
const (
	Gauge Kind = iota
	Counter
	histogramKind
)

// String returns the name of a kind in the text format.
func (k Kind) String() string { return [...]string{"gauge", "counter", "histogram"}[k] }

// writeMetrics writes metrics in the text format of Prometheus, those of one name together.
// (https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format)
func writeMetrics(to io.Writer, list []Metric) error {
	slices.SortStableFunc(list, func(a, b Metric) int { return cmp.Compare(a.Name, b.Name) })
	w := bufio.NewWriter(to) // Flush returns its error
	for i, m := range list {
		if i == 0 || list[i-1].Name != m.Name {
			writeTexts(w, "# HELP ", m.Name, " ", helpEscapes.Replace(m.Help), "\n",
				"# TYPE ", m.Name, " ", m.Kind.String(), "\n")
		}
		writeTexts(w, m.Name, m.suffix)
		for n, l := range m.Labels {
			writeTexts(w, [...]string{"{", ","}[min(n, 1)], l.Name, `="`, valueEscapes.Replace(l.Value), `"`)
		}
		if len(m.Labels) > 0 {
			writeTexts(w, "}")
		}
		writeTexts(w, " ", numberText(m.Number), "\n")
	}
	return w.Flush()
}

func writeTexts(w *bufio.Writer, texts ...string) {
	for _, s := range texts {
		_, _ = w.WriteString(s) // Flush returns the error
	}
}

var (
	helpEscapes  = strings.NewReplacer(`\`, `\\`, "\n", `\n`)
	valueEscapes = strings.NewReplacer(`\`, `\\`, "\n", `\n`, `"`, `\"`)
)

func numberText(f float64) string {
	if math.IsInf(f, 1) {
		return "+Inf"
	}
	return strconv.FormatFloat(f, 'g', -1, 64)
}
