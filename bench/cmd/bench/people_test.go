package main

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The page for people in docs, and its figures.
const (
	docsPage = "../../../docs/performance.md"
	docsData = "../../../docs/performance/data.json"
)

// TestPageShowsFigures checks that the charts and the ratios in docs are those of the figures
// there.
func TestPageShowsFigures(t *testing.T) {
	all, err := readData(docsData)
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(docsPage)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(page), all.ratioTable()) {
		t.Errorf("%s has other ratios; run make page", docsPage)
	}
	charts := all.barCharts()
	if len(charts) != 4 {
		t.Errorf("there are %d charts, want 4", len(charts))
	}
	for name, c := range charts {
		file := filepath.Join(filepath.Dir(docsData), name)
		if text, err := os.ReadFile(file); err != nil || string(text) != c.SVG() {
			t.Errorf("%s is not the chart of the figures (%v); run make page", file, err)
		}
		if !strings.Contains(string(page), "](performance/"+name+")") {
			t.Errorf("%s does not show %s", docsPage, name)
		}
	}
}

func TestDataKeepsOtherExperiments(t *testing.T) {
	file := filepath.Join(t.TempDir(), "data.json")
	s := echoSetup(1, 512)
	first := make(dataFile)
	first.add([]row{
		measured(echo(), s, "tyg", 0, 100.04), measured(echo(), s, "tyg", 1, 300),
		measured(echo(), s, "gws", 0, 1), measured(idleMemory(), s, "tyg", 0, 7),
	}, "- once")
	if err := first.write(file); err != nil {
		t.Fatal(err)
	}
	second, err := readData(file)
	if err != nil {
		t.Fatal(err)
	}
	second.add([]row{measured(echo(), s, "tyg", 0, 123456)}, "- again")
	want := map[string]float64{"tyg": 123500}
	if got := second.figures("echo", s.String()); !maps.Equal(got, want) {
		t.Errorf("the figures of a new run are %v, want %v", got, want)
	}
	if got := second.figures("idle", s.String()); got["tyg"] != 7 || !second["idle"].Less {
		t.Errorf("the experiment that was not run again has %v", got)
	}
	if first.figures("echo", s.String())["tyg"] != 200 {
		t.Errorf("the median of two runs is %v", first.figures("echo", s.String()))
	}
	if second.about("echo") != "- again\n" || second.about("idle") != "- once\n" {
		t.Errorf("the runs are %q and %q", second.about("echo"), second.about("idle"))
	}
}

func TestRatiosSayHowGoodWeAre(t *testing.T) {
	d := make(dataFile)
	s := setup{mode: "echo", conns: 64, depth: 8, size: 512}
	d.add([]row{
		measured(echo(), s, "tyg", 0, 500), measured(echo(), s, "gws", 0, 100),
		measured(echo(), s, "bun", 0, 1000),
	}, "")
	d["idle"] = &measurement{Less: true, Setups: map[string]map[string]float64{
		"10000 connections": {"tyg": 1500, "gws": 30000},
	}}
	text := d.ratioTable()
	for _, want := range []string{
		"| tyg, as a multiple of | bun | gws |\n| --- | --- | --- |\n",
		"| echo, 64 connections, eight messages at a time | 0.5 | 5 |\n",
		"| idle connections in the same memory |  | 20 |\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
}

// TestPageNamesSetups checks that the setups of the page are those that are measured.
func TestPageNamesSetups(t *testing.T) {
	for _, s := range shownFigures() {
		found := false
		for _, x := range experiments() {
			for _, setup := range x.setups(options{perProc: 18000}) {
				found = found || x.name == s.experiment && setup.String() == s.setup
			}
		}
		if !found {
			t.Errorf("no experiment %s has a setup %q", s.experiment, s.setup)
		}
	}
}
