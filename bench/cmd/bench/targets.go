package main

import "strings"

// target is a goal for tyg and the checks that it is met.
type target struct {
	text   string
	checks []check
}

// goPeers returns the libraries and engines in Go that tyg must be ahead of.
func goPeers() []string {
	return []string{"gws", "gnet", "gorilla", "coder", "nbio", "gobwas", "melody", "centrifuge"}
}

func peers() []string { return append(goPeers(), "node-ws", "bun") }

func targets() []target {
	depth := func(n int, sizes ...int) func(setup) bool {
		return func(s setup) bool { return s.depth == n && (len(sizes) == 0 || has(sizes, s.size)) }
	}
	p99 := func(r row) float64 { return r.P99 }
	p50 := func(r row) float64 { return r.P50 }
	of := func(experiment, server string) check {
		return check{experiment: experiment, server: server}
	}
	echo := of("echo", "tyg")
	return []target{
		{"echo, depth 1, every size: ≥ 0.95 pooled, ahead of every Go peer, ≥ 0.95 bun", []check{
			echo.where(depth(1)).atLeast(.95, "pooled"),
			echo.where(depth(1)).atLeast(1, goPeers()...),
			echo.where(depth(1)).atLeast(.95, "bun"),
		}},
		{"echo, depth 8, 32 and 512 bytes: ≥ 0.85 pooled, ≥ 4 gws; p99 ≤ 1.5 pooled", []check{
			echo.where(depth(8, 32, 512)).atLeast(.85, "pooled"),
			echo.where(depth(8, 32, 512)).atLeast(4, "gws"),
			echo.where(depth(8, 32, 512)).by("p99", p99).atMost(1.5, "pooled"),
		}},
		{"echo, depth 8, 4096 bytes: ≥ bun", []check{
			echo.where(depth(8, 4096)).atLeast(1, "bun"),
		}},
		{"route selection on a JSON body: ≥ 0.85 of the same without", []check{
			of("route", "tyg-route").atLeast(.85, "tyg"),
		}},
		{"broadcast to 1,000 and 10,000: ≥ 0.95 floor, ahead of every peer", []check{
			of("broadcast", "tyg").atLeast(.95, "floor"),
			of("broadcast", "tyg").atLeast(1, peers()...),
		}},
		{"stretch: broadcast ≥ 1.2 floor", []check{of("broadcast", "tyg").atLeast(1.2, "floor")}},
		{"idle connection: ≤ 2 KB; portable path ≤ 7 KB and ≤ 1.1 pooled", []check{
			of("idle", "tyg").atMost(2 << 10),
			of("idle", "tyg-portable").atMost(7 << 10),
			of("idle", "tyg-portable").atMost(1.1, "pooled"),
		}},
		{"allocations for an echoed message: ≤ 1", []check{
			of("allocs", "tyg").atMost(1.05), // the collection before the count empties all pools
		}},
		{"new connections: ≥ gws", []check{of("handshake", "tyg").atLeast(1, "gws")}},
		{"TLS, echo and idle memory: no worse than gws", []check{
			of("tls", "tyg").atLeast(1, "gws"),
			of("tls-handshake", "tyg").atLeast(1, "gws"),
			of("tls-idle", "tyg").atMost(1, "gws"),
		}},
		{"functions: ≥ 10 × serverless-offline's messages, ≤ 1/10 of its p50", []check{
			of("functions", "functions-go").atLeast(10, "serverless-offline"),
			of("functions", "functions-go").by("p50", p50).atMost(.1, "serverless-offline"),
		}},
		{"functions on AWS: the chat in a zip of ≤ 8 MB", []check{
			of("coldstart", "lambda-chat").by("MB", zipped).atMost(8),
			of("coldstart", "lambda-chat").by("MB for arm64", zippedForARM).atMost(8),
		}},
		{"a million idle connections: a message costs ≤ 1.5 of what it does at a thousand", []check{
			of("growth", "tyg").grown(1000, 1_000_000).atMost(1.5),
		}},
		{"and a broadcast to 100,000 of them", []check{
			of("growth", "tyg").where(func(s setup) bool { return s.members == 100_000 }).
				by("deliveries per CPU second", func(r row) float64 { return r.room.PerCPU }).
				atLeast(1),
		}},
	}
}

func has(sizes []int, size int) bool {
	for _, s := range sizes {
		if s == size {
			return true
		}
	}
	return false
}

// targetExperiments returns the experiments that the targets need.
func targetExperiments() (names []string) {
	seen := make(map[string]bool)
	for _, t := range targets() {
		for _, c := range t.checks {
			if !seen[c.experiment] {
				seen[c.experiment] = true
				names = append(names, c.experiment)
			}
		}
	}
	return names
}

// targetTable returns a table of the targets: what was measured, and whether it is met.
func targetTable(rows []row) string {
	var w strings.Builder
	writeLine(&w, []string{"target", "measured", "met"})
	writeLine(&w, []string{"---", "---", "---"})
	for _, t := range targets() {
		var texts []string
		met := yes
		for _, c := range t.checks {
			text, v := c.judge(rows)
			texts = append(texts, text)
			met = met.and(v)
		}
		writeLine(&w, []string{t.text, strings.Join(texts, "; "), met.String()})
	}
	return w.String()
}
