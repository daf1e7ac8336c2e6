package main

import (
	"errors"
	"io"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tyg-dev/tyg/bench/internal/load"
)

func run1(server string, round int, perCPU float64) row {
	return row{
		experiment: echo(), config: "few connections", server: server, round: round,
		Result: load.Result{PerCPU: perCPU, Foreign: .25},
	}
}

func TestTable(t *testing.T) {
	failed := run1("gws", 0, 0)
	failed.err = errors.New("opcode | is 2\nexit status 1")
	text := tables([]row{
		run1("pooled", 0, 1000), run1("tyg", 0, 900), run1("pooled", 1, 2000), run1("tyg", 1, 1600),
		failed,
	})
	for _, want := range []string{
		"### Echo: few connections\n",
		"| server | messages per server CPU second | / pooled | per second |",
		"| pooled | 1,500 (1,000–2,000) | 1.00 |",
		"| tyg | 1,250 (900–1,600) | 0.85 |", // the median of 0.9 and 0.8, each of its round
		"| 2 | 0.25 |\n",
		"| gws | **failed**: opcode ¦ is 2 |\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
}

func TestMedian(t *testing.T) {
	for _, test := range []struct {
		values []float64
		want   float64
	}{{[]float64{3}, 3}, {[]float64{3, 1, 2}, 2}, {[]float64{4, 1, 2, 3}, 2.5}} {
		if got := median(test.values); got != test.want {
			t.Errorf("median of %v is %v, want %v", test.values, got, test.want)
		}
	}
	if got := median(nil); !math.IsNaN(got) {
		t.Errorf("median of nothing is %v", got)
	}
}

func TestNumber(t *testing.T) {
	for v, want := range map[float64]string{
		0: "0.00", 9.876: "9.88", 99.94: "99.9", 100: "100", 999.6: "1,000", 1234567: "1,234,567",
		-5000: "-5,000",
	} {
		if got := number(v); got != want {
			t.Errorf("%v is written %q, want %q", v, got, want)
		}
	}
}

func TestQuickLeavesWhatWasSet(t *testing.T) {
	o, err := parse([]string{"-quick", "-rounds", "2", "-servers", "tyg"}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if o.rounds != 2 || o.duration != time.Second || !slices.Equal(o.only, []string{"tyg"}) {
		t.Errorf("rounds %d, duration %v, servers %q", o.rounds, o.duration, o.only)
	}
	if len(o.experiments) != 1 || o.experiments[0].name != "echo" {
		t.Errorf("%d experiments", len(o.experiments))
	}
}

func TestParseErrors(t *testing.T) {
	for _, args := range [][]string{
		{"bogus"},
		{"-bogus"},
		{"-c", "0", "echo"},
		{"-p", "1,x", "echo"},
		{"-starts", "0", "coldstart"},
	} {
		if _, err := parse(args, io.Discard); err == nil {
			t.Errorf("no error for %q", args)
		}
	}
}

func TestGrid(t *testing.T) {
	o := options{depths: []int{2}}
	var got []string
	for _, s := range o.grid("echo", []int{64, 1000}, []int{1, 8}, []int{32}) {
		got = append(got, s.String())
	}
	want := []string{"64 connections, depth 2, 32 bytes", "1000 connections, depth 2, 32 bytes"}
	if !slices.Equal(got, want) {
		t.Errorf("setups are %q, want %q", got, want)
	}
}

// Setups with equal names would share a table.
func TestSetupsHaveNames(t *testing.T) {
	many := options{conns: []int{1, 2}, sizes: []int{30, 40}, depths: []int{1, 2}, rates: []int{1, 2}}
	many.perProc = 1
	for _, x := range experiments() {
		seen := make(map[string]bool)
		for _, s := range x.setups(many) {
			if seen[s.String()] {
				t.Errorf("%s has two setups named %q", x.name, s)
			}
			seen[s.String()] = true
		}
	}
}

// Every server that an experiment names must exist, and every base that it divides by must run in
// it.
func TestExperimentsNameServers(t *testing.T) {
	for _, x := range experiments() {
		if _, err := pick(x.servers); err != nil {
			t.Errorf("%s: %v", x.name, err)
		}
		for _, base := range x.bases {
			if !slices.Contains(x.servers, base) {
				t.Errorf("%s divides by %s, which does not run", x.name, base)
			}
		}
	}
	if _, err := pick([]string{"tyg", "bogus"}); err == nil {
		t.Error("no error for a server that does not exist")
	}
}

func TestServerCommand(t *testing.T) {
	servers, err := pick([]string{"tyg-route", "tyg", "node-ws", "bun", "serverless-offline"})
	if err != nil {
		t.Fatal(err)
	}
	h := serverMode{room: true, tls: "c.pem", many: true, profile: "x.pprof"}
	for i, want := range []string{
		"bin/tyg -addr 127.0.0.1:2001 -route -room -tls c.pem -cpuprofile x.pprof",
		"bin/tyg -addr 127.0.0.1:2001 -many -room -tls c.pem -cpuprofile x.pprof",
		"node --expose-gc servers/node/ws.mjs 127.0.0.1:2001 room",
		"servers/node/node_modules/.bin/bun servers/node/bun.mjs 127.0.0.1:2001 room",
		"node node_modules/.bin/serverless offline --host 127.0.0.1 " +
			"--websocketPort 2001 --httpPort 1001 --lambdaPort 3001",
	} {
		got := strings.Join(servers[i].command("bin", "127.0.0.1:2001", h), " ")
		if got != want {
			t.Errorf("command is %q, want %q", got, want)
		}
	}
}

func TestFailures(t *testing.T) {
	bad := run1("gws", 0, 0)
	bad.err = errors.New("lost")
	for want, rows := range map[string][]row{
		"nothing was measured": nil,
		"1 of 2 runs failed":   {run1("tyg", 0, 1), bad},
	} {
		b := bench{rows: rows}
		if err := b.failures(); err == nil || err.Error() != want {
			t.Errorf("error is %v, want %s", err, want)
		}
	}
	b := bench{rows: []row{run1("tyg", 0, 1)}}
	if err := b.failures(); err != nil {
		t.Error(err)
	}
}
