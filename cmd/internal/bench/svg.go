package bench

import (
	"fmt"
	"io"
	"math"
	"strings"
)

// The picture's size, and the margins of the plot in it.
const (
	svgWidth, svgHeight      = 720, 400
	left, right, top, bottom = 70, 20, 50, 50
)

// WriteSVG writes the percentiles as a curve: to the right fewer and fewer messages are slower, ten
// times fewer at each line; upwards the latency.
func (r *Result) WriteSVG(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" `+
		`font-family="system-ui, sans-serif" font-size="13">`+"\n", svgWidth, svgHeight)
	b.WriteString("<style>text{fill:#1f2328}.bg{fill:#fff}.grid{stroke:#dcd8d2}" +
		".line{stroke:#0b6e4f;fill:none;stroke-width:2.5}\n" +
		"@media(prefers-color-scheme:dark){text{fill:#eceae6}.bg{fill:#17181b}" +
		".grid{stroke:#383b41}.line{stroke:#4ad0a0}}</style>\n")
	fmt.Fprintf(&b, `<rect class="bg" width="%d" height="%d"/>`+"\n", svgWidth, svgHeight)
	fmt.Fprintf(&b, `<text x="%d" y="28">Latency in ms: %d connections, %.6g messages a second, `+
		"%d bytes</text>\n", left, r.Connections, r.Rate, r.Bytes)
	top := r.grid(&b)
	var points []string
	for _, p := range r.Percentiles {
		points = append(points, fmt.Sprintf("%.1f,%.1f", plotX(p.Percent), plotY(p.MS, top)))
	}
	fmt.Fprintf(&b, `<polyline class="line" points="%s"/>`+"\n</svg>\n", strings.Join(points, " "))
	_, err := io.WriteString(w, b.String())
	return err
}

// grid draws the lines and their names, and returns the latency at the top.
func (r *Result) grid(b *strings.Builder) float64 {
	highest := niceCeiling(r.Latency.Max)
	const lines = 4
	for i := range lines + 1 {
		ms := highest * float64(i) / lines
		y := plotY(ms, highest)
		fmt.Fprintf(b, `<line class="grid" x1="%d" y1="%.1f" x2="%d" y2="%.1f"/>`, left, y,
			svgWidth-right, y)
		fmt.Fprintf(b, `<text x="%d" y="%.1f" text-anchor="end">%.4g</text>`+"\n", left-8, y+4, ms)
	}
	for _, percent := range []float64{0, 50, 90, 99, 99.9, 99.99} {
		x := plotX(percent)
		fmt.Fprintf(b, `<line class="grid" x1="%.1f" y1="%d" x2="%.1f" y2="%d"/>`, x, top, x,
			svgHeight-bottom)
		fmt.Fprintf(b, `<text x="%.1f" y="%d" text-anchor="middle">%g %%</text>`+"\n", x,
			svgHeight-bottom+20, percent)
	}
	return highest
}

// plotX returns the place of a percentile: each factor of ten of the rest has the same width.
func plotX(percent float64) float64 {
	const decades = 5
	rest := max(1-percent/100, math.Pow(10, -decades))
	return left + -math.Log10(rest)/decades*(svgWidth-left-right)
}

func plotY(ms, highest float64) float64 {
	return svgHeight - bottom - ms/highest*(svgHeight-top-bottom)
}

// niceCeiling returns a number of one digit that is at least x.
func niceCeiling(x float64) float64 {
	if x <= 0 {
		return 1
	}
	power := math.Pow(10, math.Floor(math.Log10(x)))
	return math.Ceil(x/power) * power
}
