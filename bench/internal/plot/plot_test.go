package plot_test

import (
	"encoding/xml"
	"io"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg/bench/internal/plot"
)

// wellFormed reads a drawing as XML.
func wellFormed(t *testing.T, svg string) {
	t.Helper()
	for d := xml.NewDecoder(strings.NewReader(svg)); ; {
		if _, err := d.Token(); err == io.EOF {
			return
		} else if err != nil {
			t.Fatalf("%v in\n%s", err, svg)
		}
	}
}

func TestSVG(t *testing.T) {
	x := []float64{1000, 10_000, 100_000, 1_000_000}
	svg := plot.Chart{
		Title: "Cost & growth", X: "idle connections", Y: "µs",
		Lines: []plot.Line{
			{Name: "tyg", X: x, Y: []float64{10, 11, 12, 13}, Main: true},
			{Name: "a<b", X: x[:2], Y: []float64{10, 20}},
			{Name: "none"},
		},
	}.SVG()
	wellFormed(t, svg)
	for _, want := range []string{
		"Cost &amp; growth", ">1,000,000<", ">100,000<", ">20<", ">tyg</text>", ">a&lt;b</text>",
	} {
		if !strings.Contains(svg, want) {
			t.Errorf("no %q in\n%s", want, svg)
		}
	}
	if strings.Contains(svg, ">none<") {
		t.Error("a line without values has a name")
	}
}

func TestEmpty(t *testing.T) {
	svg := plot.Chart{Title: "nothing"}.SVG()
	wellFormed(t, svg)
	if strings.Contains(svg, "NaN") || strings.Contains(svg, "Inf") {
		t.Error(svg)
	}
}

// Names of lines that end at one point must not cover each other.
func TestLabelsApart(t *testing.T) {
	one := func(name string) plot.Line {
		return plot.Line{Name: name, X: []float64{10}, Y: []float64{1}}
	}
	svg := plot.Chart{Lines: []plot.Line{one("p"), one("q"), one("r")}}.SVG()
	var at []float64
	name := regexp.MustCompile(` y="([0-9.]+)" fill="[^"]+">[pqr]<`)
	for _, m := range name.FindAllStringSubmatch(svg, -1) {
		v, err := strconv.ParseFloat(m[1], 64)
		if err != nil {
			t.Fatal(err)
		}
		at = append(at, v)
	}
	if len(at) != 3 {
		t.Fatalf("%d names in\n%s", len(at), svg)
	}
	for i := range at {
		for k := range i {
			if d := at[i] - at[k]; d > -13 && d < 13 {
				t.Errorf("names %d and %d are %.1f pixels apart", i, k, d)
			}
		}
	}
}
