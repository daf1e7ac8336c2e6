package main

import (
	"bytes"
	"fmt"
	"html"
	"slices"
	"strings"
)

// The picture, in pixels. A cell has the width of most fixed fonts at this size.
const (
	fontSize   = 14
	cellWidth  = 8.43
	cellHeight = 20
	margin     = 12
)

// drawing returns an SVG that shows the session again and again. With reduced motion it shows the
// last moment only.
func drawing(events []event) ([]byte, error) {
	events = squeeze(events)
	end := events[len(events)-1].At + hold
	lines, err := replay(events)
	if err != nil {
		return nil, err
	}
	var body, moments bytes.Buffer
	named := make(map[[2]int64]string)
	for _, l := range lines {
		class := ""
		if l.from > 0 || l.to >= 0 {
			class = named[[2]int64{l.from, l.to}]
		}
		if class == "" && (l.from > 0 || l.to >= 0) {
			class = fmt.Sprintf("k%d", len(named))
			named[[2]int64{l.from, l.to}] = class
			writeMoment(&moments, class, l, end)
		}
		writeLine(&body, l, class)
	}
	var out bytes.Buffer
	width, height := size()
	fmt.Fprintf(&out, head, width, height, width, height, float64(end)/1000, moments.String())
	for _, p := range panes() {
		writeFrame(&out, p)
	}
	out.Write(body.Bytes())
	out.WriteString("</svg>\n")
	return out.Bytes(), nil
}

// head has the size, the length of the film in seconds, and its moments. Text that is not in the
// last moment is of the class o: hidden, unless it is animated.
const head = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" ` +
	`role="img" aria-labelledby="t"><title id="t">tyg local runs a program; two clients talk ` +
	`through it; the program is edited and saved; both clients stay connected</title><style>` + `
text{font:14px ui-monospace,SFMono-Regular,Menlo,"DejaVu Sans Mono",Consolas,monospace;` +
	`white-space:pre;fill:#1d2329}
.n{font:600 12px system-ui,sans-serif;fill:#57606a}.p{fill:#f4f6f8;stroke:#d5dae0}
.b{font-weight:700}.f{fill:#57606a}.c1{fill:#b3261e}.c2{fill:#0b6e4f}.c3{fill:#8a4600}` +
	`.c4{fill:#0a5cb8}.c5{fill:#8a1f78}.c6{fill:#0a6a75}
.o{visibility:hidden}
@media (prefers-color-scheme:dark){text{fill:#e3e8ee}.n{fill:#a3adb8}.p{fill:#1d232a;` +
	`stroke:#38414b}.f{fill:#a3adb8}.c1{fill:#ff9a90}.c2{fill:#4ad0a0}.c3{fill:#efb27a}` +
	`.c4{fill:#7bb7ff}.c5{fill:#e39ad6}.c6{fill:#6fd3df}}
@media (prefers-reduced-motion:no-preference){text{animation:%.2fs step-end infinite}
%s}
</style>
`

// writeMoment writes the animation of the lines that are shown from a moment to another.
func writeMoment(out *bytes.Buffer, class string, l line, end int64) {
	at := func(t int64) string {
		text := fmt.Sprintf("%.2f", 100*float64(t)/float64(end))
		return strings.TrimRight(strings.TrimRight(text, "0"), ".") + "%"
	}
	fmt.Fprintf(out, ".%s{animation-name:%s}@keyframes %s{", class, class, class)
	if l.from > 0 {
		fmt.Fprintf(out, "0%%{visibility:hidden}")
	}
	fmt.Fprintf(out, "%s{visibility:visible}", at(l.from))
	if l.to >= 0 {
		fmt.Fprintf(out, "%s{visibility:hidden}", at(l.to))
	}
	out.WriteString("}\n")
}

func writeLine(out *bytes.Buffer, l line, class string) {
	if l.to >= 0 {
		class = "o " + class
	}
	if class != "" {
		class = ` class="` + class + `"`
	}
	x, y := cell(l.pane.x, l.pane.y+l.row+1)
	fmt.Fprintf(out, `<text x="%.1f" y="%.0f"%s>`, x, y+cellHeight*.72, class)
	for _, r := range l.runs {
		text := html.EscapeString(r.text)
		if r.class == "" && r.col == 0 {
			out.WriteString(text)
			continue
		}
		fmt.Fprintf(out, `<tspan x="%.1f" class="%s">%s</tspan>`,
			x+float64(r.col)*cellWidth, r.class, text)
	}
	out.WriteString("</text>\n")
}

func writeFrame(out *bytes.Buffer, p pane) {
	x, y := cell(p.x, p.y)
	fmt.Fprintf(out, `<text class="n" x="%.1f" y="%.0f">%s</text>`, x, y+12, p.name)
	fmt.Fprintf(out, `<rect class="p" x="%.1f" y="%.0f" width="%.1f" height="%d" rx="6"/>`+"\n",
		x-8, y+cellHeight-3, float64(p.cols)*cellWidth+16, p.rows*cellHeight+6)
}

// cell returns the corner of a cell.
func cell(col, row int) (x, y float64) {
	return margin + float64(col)*cellWidth, margin/2 + float64(row)*cellHeight
}

func size() (width, height int) {
	for _, p := range panes() {
		x, y := cell(p.x+p.cols, p.y+p.rows+1)
		width, height = max(width, int(x)+margin), max(height, int(y)+margin)
	}
	return width, height
}

// The film leaves out what is longer than longest, in milliseconds, and holds its last moment.
const (
	longest = 1100
	hold    = 4000
)

// squeeze shortens the time in which nothing happens.
func squeeze(events []event) []event {
	out := slices.Clone(events)
	for i := 1; i < len(out); i++ {
		out[i].At = out[i-1].At + min(events[i].At-events[i-1].At, longest)
	}
	return out
}
