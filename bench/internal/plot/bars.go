package plot

import (
	"cmp"
	"fmt"
	"html"
	"slices"
	"strings"
)

// Bars is a chart of one figure for each server.
type Bars struct {
	Title string
	Unit  string
	Less  bool // less is better
	Bars  []Bar
}

// A Bar is the figure of one server.
type Bar struct {
	Name  string
	Value float64
	Main  bool // the subject of the chart
}

// The bars, in pixels.
const (
	barHeight, barStep = 16, 24
	barLeft, barRight  = 110, 80
	barTop             = 54
)

// SVG returns the drawing, the best bar first.
func (b Bars) SVG() string {
	bars := slices.Clone(b.Bars)
	slices.SortStableFunc(bars, func(x, y Bar) int {
		if b.Less {
			x, y = y, x
		}
		return cmp.Compare(y.Value, x.Value)
	})
	most := 0.0
	for _, bar := range bars {
		most = max(most, bar.Value)
	}
	var w strings.Builder
	high := barTop + barStep*len(bars) + 8
	fmt.Fprintf(&w, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" `+
		`height="%d" role="img" font-family="system-ui, sans-serif" font-size="13" fill="#808080">`+
		"\n<title>%s: %s</title>\n", width, high, width, high, html.EscapeString(b.Title),
		html.EscapeString(b.summary(bars)))
	fmt.Fprintf(&w, `<text x="%d" y="22" font-size="15" font-weight="600">%s</text>`+"\n",
		barLeft, html.EscapeString(b.Title))
	fmt.Fprintf(&w, `<text x="%d" y="40" font-size="12">%s</text>`+"\n",
		barLeft, html.EscapeString(b.Unit))
	for i, bar := range bars {
		writeBar(&w, bar, barTop+barStep*i, most)
	}
	w.WriteString("</svg>\n")
	return w.String()
}

// summary says the chart in words.
func (b Bars) summary(bars []Bar) string {
	var all []string
	for _, bar := range bars {
		all = append(all, bar.Name+" "+number(bar.Value))
	}
	return strings.Join(all, ", ")
}

func writeBar(w *strings.Builder, bar Bar, y int, most float64) {
	long := 0.0
	if most > 0 {
		long = max(1, bar.Value/most*(width-barLeft-barRight))
	}
	fill := `fill="#808080" fill-opacity=".55"`
	if bar.Main {
		fill = fmt.Sprintf("fill=%q", colors()[0])
	}
	text := y + barHeight - 3
	fmt.Fprintf(w, `<text x="%d" y="%d" text-anchor="end"%s>%s</text>`,
		barLeft-8, text, bold(bar.Main), html.EscapeString(bar.Name))
	fmt.Fprintf(w, `<rect x="%d" y="%d" width="%.1f" height="%d" rx="2" %s/>`,
		barLeft, y, long, barHeight, fill)
	fmt.Fprintf(w, `<text x="%.1f" y="%d"%s>%s</text>`+"\n",
		barLeft+long+6, text, bold(bar.Main), number(bar.Value))
}
