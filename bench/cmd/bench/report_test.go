package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg/bench/internal/load"
)

// measured returns a run of an experiment with this value as its metric.
func measured(x experiment, s setup, server string, round int, v float64) row {
	return row{
		experiment: x, config: s.String(), setup: s, server: server, round: round,
		Result: load.Result{PerCPU: v, Rate: v, P99: v},
		memory: memory{conn: v},
	}
}

func echoSetup(depth, size int) setup {
	return setup{mode: "echo", conns: 64, depth: depth, size: size}
}

func TestTargets(t *testing.T) {
	one, big := echoSetup(1, 32), echoSetup(1, 4096)
	rows := []row{
		measured(echo(), one, "pooled", 0, 100), measured(echo(), one, "tyg", 0, 99),
		measured(echo(), one, "gws", 0, 90), measured(echo(), one, "bun", 0, 100),
		measured(echo(), big, "pooled", 0, 100), measured(echo(), big, "tyg", 0, 97),
		measured(echo(), big, "gws", 0, 98),
		measured(idleMemory(), setup{mode: "hold", conns: 10}, "tyg", 0, 2000),
	}
	text := targetTable(rows)
	for _, want := range []string{
		"0.97 × pooled (echo: 64 connections, depth 1, 4096 bytes); " + // the worst of both sizes
			"0.99 × gws (echo: 64 connections, depth 1, 4096 bytes); " +
			"0.99 × bun (echo: 64 connections, depth 1, 32 bytes) | **no** |",
		"| new connections: ≥ gws | handshake: not measured | not measured |",
		"2,000 (idle: 10 connections); idle: not measured; idle: not measured | not measured |",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if n := strings.Count(text, "\n"); n != len(targets())+2 {
		t.Errorf("%d lines for %d targets", n, len(targets()))
	}
}

func TestJudge(t *testing.T) {
	s := echoSetup(8, 32)
	rows := []row{measured(echo(), s, "gws", 0, 10), measured(echo(), s, "tyg", 0, 40)}
	c := check{experiment: "echo", server: "tyg"}
	for _, test := range []struct {
		check check
		want  verdict
	}{
		{c.atLeast(4, "gws"), yes},
		{c.atLeast(4.1, "gws"), no},
		{c.atMost(4, "gws"), yes},
		{c.atMost(3.9, "gws"), no},
		{c.atMost(40), yes},
		{c.atLeast(41), no},
		{c.atLeast(1, "nbio"), unknown},
		{c.where(func(s setup) bool { return s.depth == 1 }).atLeast(1, "gws"), unknown},
	} {
		if text, v := test.check.judge(rows); v != test.want {
			t.Errorf("%+v: %v (%s), want %v", test.check.bound, v, text, test.want)
		}
	}
}

func TestJudgeGrowth(t *testing.T) {
	few := setup{mode: "growth", conns: 1000, depth: 1, size: 512}
	many := few
	many.conns = 1_000_000
	rows := []row{
		measured(growthOf(), few, "tyg", 0, 1e5), measured(growthOf(), many, "tyg", 0, 8e4),
	}
	c := check{experiment: "growth", server: "tyg"}.grown(1000, 1_000_000)
	text, v := c.atMost(1.5).judge(rows)
	if v != yes || !strings.HasPrefix(text, "1.25 × with 1000 ") {
		t.Errorf("%v: %s", v, text)
	}
	rows[1].skipped = "too many"
	if text, v := c.atMost(1.5).judge(rows); v != unknown || !strings.Contains(text, "too many") {
		t.Errorf("%v: %s", v, text)
	}
}

// Every target names an experiment that exists, and servers that take part in it.
func TestTargetsExist(t *testing.T) {
	byName := make(map[string]experiment)
	for _, x := range experiments() {
		byName[x.name] = x
	}
	for _, target := range targets() {
		for _, c := range target.checks {
			x := byName[c.experiment]
			for _, name := range append([]string{c.server}, c.bases...) {
				if !strings.Contains(" "+strings.Join(x.servers, " ")+" ", " "+name+" ") {
					t.Errorf("%q: %s is not in experiment %q", target.text, name, c.experiment)
				}
			}
			if c.about != nil && !anySetup(x, c.about) {
				t.Errorf("%q: no setup of %s is meant", target.text, c.experiment)
			}
		}
	}
}

func anySetup(x experiment, about func(setup) bool) bool {
	for _, s := range x.setups(options{perProc: 1}) {
		if about(s) {
			return true
		}
	}
	return false
}

func TestFill(t *testing.T) {
	const page = "# A\n\n<!-- bench:echo -->\nold\n<!-- /bench -->\nprose\n" +
		"<!-- bench:idle -->\nkept\n<!-- /bench -->\nend\n"
	got, err := fill(page, map[string]string{"echo": "new\n\n"})
	want := strings.Replace(page, "old", "new", 1)
	if err != nil || got != want {
		t.Errorf("got %q, %v", got, err)
	}
	for _, bad := range []string{
		"<!-- bench:echo -->\nno end", "<!-- bench:a",
		"<!-- bench:a -->\n<!-- bench:b -->\n<!-- /bench -->",
	} {
		if _, err := fill(bad, nil); err == nil {
			t.Errorf("no error for %q", bad)
		}
	}
}

func TestMarkdown(t *testing.T) {
	b := bench{options: options{targets: true}}
	b.rows = []row{measured(handshake(), setup{mode: "handshake", parallel: 64}, "tyg", 0, 12345)}
	file := filepath.Join(t.TempDir(), "page.md")
	const page = "<!-- bench:handshake -->\n<!-- /bench -->\n" +
		"<!-- bench:targets -->\n<!-- /bench -->\n"
	if err := os.WriteFile(file, []byte(page), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := b.writeMarkdown(file, "- Date: today\n", "all of it"); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"| tyg | 12,345 |", "- Date: today", "| target | measured | met |",
	} {
		if !strings.Contains(string(text), want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if strings.Contains(string(text), "all of it") {
		t.Error("a page with places is not to be replaced")
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if err := b.writeMarkdown(file, "- Date: today\n", "all of it"); err != nil {
		t.Fatal(err)
	}
	if text, err = os.ReadFile(file); err != nil || !strings.Contains(string(text), "all of it") {
		t.Errorf("%s, %v", text, err)
	}
}

func TestMatrix(t *testing.T) {
	var rows []row
	for _, depth := range []int{1, 2, 8} {
		rows = append(rows, measured(echo(), echoSetup(depth, 32), "gws", 0, 100_000),
			measured(echo(), echoSetup(depth, 32), "tyg", 0, 200_000))
	}
	text := page(rows, "echo")
	for _, want := range []string{
		"| gws | 100 | 100 | 100 |", "| tyg | 200 | 200 | 200 |", "| tyg / gws | 2.00 | 2.00 | 2.00 |",
		"| p99, ms |",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if page(rows, "idle") != "" {
		t.Error("an experiment that was not run has a text")
	}
}

func TestDraw(t *testing.T) {
	var b bench
	for _, n := range []int{1000, 10_000} {
		b.rows = append(b.rows, measured(growthOf(), setup{mode: "growth", conns: n}, "tyg", 0, 5e4))
	}
	folder := t.TempDir()
	if err := b.drawGrowth(folder); err != nil {
		t.Fatal(err)
	}
	b.svg, b.markdown = folder, filepath.Join(folder, "page.md")
	if text := b.places("")["growth"]; !strings.HasPrefix(text, "![Cost of a message") ||
		!strings.Contains(text, "](growth-memory.svg)") {
		t.Errorf("the page shows %s", text)
	}
	for _, name := range []string{"growth-cost.svg", "growth-memory.svg"} {
		text, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil || !strings.Contains(string(text), ">tyg<") {
			t.Errorf("%s: %.80q, %v", name, text, err)
		}
	}
}

func TestParseCalls(t *testing.T) {
	got, err := parseCalls(`% time     seconds  usecs/call     calls    errors syscall
------ ----------- ----------- --------- --------- ----------------
 50.00    0.000100           1       200         3 read
 30.00    0.000100           1       100           write
 10.00    0.000100           1        50           epoll_pwait
  5.00    0.000100           1         7         1 futex
  5.00    0.000100           1         2           nanosleep
------ ----------- ----------- --------- --------- ----------------
100.00    0.000500           1       359         4 total
`)
	want := calls{read: 200, write: 100, poll: 50, futex: 7, other: 2}
	if err != nil || got != want {
		t.Errorf("got %+v, %v", got, err)
	}
	if _, err := parseCalls("strace: Process 1 attached\n"); err == nil {
		t.Error("no error without a count")
	}
}

func TestMallocs(t *testing.T) {
	first, last, err := mallocs("heap 1 mallocs 100\nheap 2 mallocs 150\n")
	if err != nil || first != 100 || last != 150 {
		t.Errorf("%v, %v, %v", first, last, err)
	}
	if _, _, err := mallocs("heap 1 mallocs 100\n"); err == nil {
		t.Error("no error for a server that spoke once")
	}
}
