// Package plot draws lines over a logarithmic axis, as SVG that is readable on light and dark
// pages.
package plot

import (
	"fmt"
	"html"
	"math"
	"strconv"
	"strings"
)

// A Chart is lines over one axis.
type Chart struct {
	Title string
	X, Y  string // the labels of the axes
	Lines []Line
}

// A Line has the figures of one server. X and Y have the same length, and X is above 0.
type Line struct {
	Name string
	X, Y []float64
	Main bool // the subject of the chart
}

// The picture, in pixels.
const (
	width, height            = 700, 380
	left, right, top, bottom = 64, 116, 54, 52
)

// colors returns colors that are readable on white and on black (contrast of 3 at least).
func colors() []string {
	return []string{"#2f80d0", "#c2632c", "#8a6fc4", "#4c9a5b", "#b0883a", "#c45a86"}
}

// frame maps values to coordinates.
type frame struct{ x0, x1, y1 float64 }

func (f frame) x(v float64) float64 {
	share := (math.Log10(v) - f.x0) / (f.x1 - f.x0)
	return left + share*(width-left-right)
}

func (f frame) y(v float64) float64 { return height - bottom - v/f.y1*(height-top-bottom) }

// SVG returns the drawing. Without values it has only axes.
func (c Chart) SVG() string {
	f, step := c.frame()
	var w strings.Builder
	fmt.Fprintf(&w, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" `+
		`height="%d" role="img" font-family="system-ui, sans-serif" font-size="13" fill="#808080">`+
		"\n<title>%s</title>\n", width, height, width, height, html.EscapeString(c.Title))
	fmt.Fprintf(&w, `<text x="%d" y="22" font-size="15" font-weight="600">%s</text>`+"\n",
		left, html.EscapeString(c.Title))
	c.axes(&w, f, step)
	c.lines(&w, f)
	w.WriteString("</svg>\n")
	return w.String()
}

// frame returns a frame for all values, and the step of the vertical axis.
func (c Chart) frame() (f frame, step float64) {
	low, high, most := math.Inf(1), math.Inf(-1), 0.0
	for _, l := range c.Lines {
		for i := range l.X {
			low, high, most = min(low, l.X[i]), max(high, l.X[i]), max(most, l.Y[i])
		}
	}
	if most == 0 {
		low, high, most = 1, 10, 1
	}
	step = niceStep(most / 5)
	f = frame{x0: math.Log10(low), x1: math.Log10(high), y1: math.Ceil(most/step) * step}
	if f.x1-f.x0 < .1 {
		f.x0, f.x1 = f.x0-.5, f.x1+.5
	}
	return f, step
}

// niceStep returns the next number that is 1, 2 or 5 times a power of ten.
func niceStep(v float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(v)))
	for _, n := range []float64{1, 2, 5} {
		if n*power >= v {
			return n * power
		}
	}
	return 10 * power
}

func (c Chart) axes(w *strings.Builder, f frame, step float64) {
	for i := 0; float64(i)*step <= f.y1*1.001; i++ {
		v := float64(i) * step
		fmt.Fprintf(w, `<path d="M%d %.1fH%d" stroke="#808080" stroke-opacity="%s"/>`,
			left, f.y(v), width-right, opacity(i == 0))
		fmt.Fprintf(w, `<text x="%d" y="%.1f" text-anchor="end">%s</text>`+"\n",
			left-8, f.y(v)+4, number(v))
	}
	for power := math.Ceil(f.x0 - 1e-9); power <= f.x1+1e-9; power++ {
		x := f.x(math.Pow(10, power))
		fmt.Fprintf(w, `<path d="M%.1f %dv5" stroke="#808080"/>`, x, height-bottom)
		fmt.Fprintf(w, `<text x="%.1f" y="%d" text-anchor="middle">%s</text>`+"\n",
			x, height-bottom+20, number(math.Pow(10, power)))
	}
	fmt.Fprintf(w, `<text x="%d" y="%d" text-anchor="middle">%s</text>`+"\n",
		left+(width-left-right)/2, height-10, html.EscapeString(c.X))
	fmt.Fprintf(w, `<text x="%d" y="38" font-size="12">%s</text>`+"\n", left, html.EscapeString(c.Y))
}

func opacity(axis bool) string {
	if axis {
		return "1"
	}
	return ".25"
}

func (c Chart) lines(w *strings.Builder, f frame) {
	labels := c.labels(f)
	for i, l := range c.Lines {
		if len(l.X) == 0 {
			continue
		}
		color, weight := colors()[i%len(colors())], "1.75"
		if l.Main {
			weight = "3"
		}
		var path strings.Builder
		for k := range l.X {
			fmt.Fprintf(&path, "%c%.1f %.1f", "ML"[min(k, 1)], f.x(l.X[k]), f.y(l.Y[k]))
		}
		fmt.Fprintf(w, `<path d="%s" fill="none" stroke="%s" stroke-width="%s"/>`+"\n",
			path.String(), color, weight)
		for k := range l.X {
			fmt.Fprintf(w, `<circle cx="%.1f" cy="%.1f" r="3.5" fill="%s"/>`,
				f.x(l.X[k]), f.y(l.Y[k]), color)
		}
		fmt.Fprintf(w, `<text x="%.1f" y="%.1f" fill="%s"%s>%s</text>`+"\n",
			f.x(l.X[len(l.X)-1])+10, labels[i]+4, color, bold(l.Main), html.EscapeString(l.Name))
	}
}

func bold(main bool) string {
	if main {
		return ` font-weight="600"`
	}
	return ""
}

// labels returns the heights of the names at the ends of the lines, moved apart where they would
// overlap.
func (c Chart) labels(f frame) []float64 {
	const apart = 15
	at := make([]float64, len(c.Lines))
	for i, l := range c.Lines {
		if len(l.Y) > 0 {
			at[i] = f.y(l.Y[len(l.Y)-1])
		}
	}
	for range c.Lines {
		for i := range at {
			for k := range at {
				if gap := at[k] - at[i]; i != k && c.beside(i, k) && math.Abs(gap) < apart &&
					(gap > 0 || gap == 0 && k > i) {
					shift := (apart - gap) / 2
					at[i], at[k] = at[i]-shift, at[k]+shift
				}
			}
		}
	}
	return at
}

// beside reports whether two lines end at the same x.
func (c Chart) beside(i, k int) bool {
	a, b := c.Lines[i].X, c.Lines[k].X
	return len(a) > 0 && len(b) > 0 && a[len(a)-1] == b[len(b)-1]
}

// number returns a short form of a value, with separated thousands.
func number(v float64) string {
	text := strconv.FormatFloat(v, 'f', -1, 64)
	if v != math.Trunc(v) {
		return strconv.FormatFloat(v, 'g', 3, 64)
	}
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
