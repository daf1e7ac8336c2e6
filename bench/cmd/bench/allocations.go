package main

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"
)

func allocations() experiment {
	return experiment{
		name: "allocs", title: "Allocations", unit: "allocations per message",
		metric: func(r row) float64 { return r.mallocs }, less: true,
		servers: []string{"pooled", "tyg", "gws", "gorilla", "coder"}, bases: []string{"gws"},
		columns: []column{{"messages", func(r row) float64 { return float64(r.Messages) }}},
		run:     countAllocations, subject: []string{"tyg"},
		setups: func(o options) []setup {
			return o.grid("echo", []int{64}, []int{1, 8}, []int{512})
		},
	}
}

// countAllocations reads the server's count of allocations before and after the echoes.
func countAllocations(ctx context.Context, b *bench, s setup, sv server) (r row) {
	p, err := b.start(ctx, sv, b.serverMode(s, sv))
	if err != nil {
		return row{err: err}
	}
	defer p.stop()
	args := append(s.args(b, sv, p), "-d", b.duration.String(), "-warm", "0", "-steps", s.mode)
	c, err := b.client(ctx, args...)
	if err != nil {
		return row{err: err}
	}
	defer c.stop()
	if r.err = c.opened(); r.err != nil {
		return r
	}
	if r.err = p.reportMallocs(); r.err != nil {
		return r
	}
	if r.Result, r.err = c.measure(); r.err != nil {
		return r
	}
	if r.err = p.reportMallocs(); r.err != nil {
		return r
	}
	p.stop()
	before, after, err := mallocs(p.stderr.String())
	r.err = err
	r.mallocs = (after - before) / float64(r.Messages)
	return r
}

// reportMallocs makes a Go server print its count of allocations, and waits for that.
func (p *process) reportMallocs() error {
	defer time.Sleep(500 * time.Millisecond)
	return p.cmd.Process.Signal(syscall.SIGUSR2)
}

// mallocs finds the first and the last count of allocations in the output of a server.
func mallocs(text string) (first, last float64, err error) {
	found := regexp.MustCompile(`mallocs (\d+)`).FindAllStringSubmatch(text, -1)
	if len(found) < 2 {
		return 0, 0, fmt.Errorf("the server did not print its allocations: %s", strings.TrimSpace(text))
	}
	if first, err = strconv.ParseFloat(found[0][1], 64); err != nil {
		return 0, 0, err
	}
	last, err = strconv.ParseFloat(found[len(found)-1][1], 64)
	return first, last, err
}
