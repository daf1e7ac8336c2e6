package main

import (
	"context"
	"fmt"

	"github.com/tyg-dev/tyg/bench/internal/load"
)

// startFigures are the costs of starting a function: milliseconds from the start of its process,
// and bytes.
type startFigures struct {
	asked    float64 // until its first request for an event
	replied  float64 // until its reply to that event
	resident float64 // memory when it asks for the second event
	own      sizes   // built for this machine
	arm64    sizes
}

// coldstart starts functions as they are deployed. The cost of a start depends on the packages that
// they link, so one of them calls the AWS SDK.
func coldstart() experiment {
	megabytes := func(title string, value func(row) float64) column {
		return column{"MB, " + title, func(r row) float64 { return value(r) / (1 << 20) }}
	}
	return experiment{
		name: "coldstart", title: "Start of a function", unit: "ms from start to first reply",
		metric: func(r row) float64 { return r.replied }, less: true,
		servers: []string{"lambda-echo", "lambda-chat"}, run: startCold,
		columns: []column{
			{"ms to first request", func(r row) float64 { return r.asked }},
			megabytes("resident", func(r row) float64 { return r.startFigures.resident }),
			megabytes("program", func(r row) float64 { return r.own.program }),
			megabytes("zip", func(r row) float64 { return r.own.zip }),
			megabytes("program for arm64", func(r row) float64 { return r.arm64.program }),
			megabytes("zip for arm64", func(r row) float64 { return r.arm64.zip }),
		},
		setups: func(o options) []setup { return []setup{{mode: "start", starts: o.starts}} },
	}
}

// startCold starts a function many times and returns the medians.
func startCold(ctx context.Context, b *bench, s setup, sv server) (r row) {
	if sv.function == nil {
		return row{err: fmt.Errorf("%s is not a function", sv.name)}
	}
	var starts []startFigures
	r.Result, r.err = b.alone(func() (err error) {
		starts, err = b.startMany(ctx, s.starts, sv)
		return err
	})
	if r.err != nil {
		return r
	}
	r.startFigures = medians(starts)
	r.own, r.arm64, r.err = b.sizesOf(sv)
	return r
}

// startMany starts a function n times, and once before to load it into the page cache.
func (b *bench) startMany(
	ctx context.Context, n int, sv server,
) (starts []startFigures, err error) {
	for i := range n + 1 {
		c, err := b.startOnce(ctx, sv)
		if err != nil {
			return nil, fmt.Errorf("start %d of %s: %w", i, sv.name, err)
		}
		if i > 0 {
			starts = append(starts, c)
		}
	}
	return starts, nil
}

func medians(starts []startFigures) (m startFigures) {
	var asked, replied, resident []float64
	for _, c := range starts {
		asked, replied = append(asked, c.asked), append(replied, c.replied)
		resident = append(resident, c.resident)
	}
	m.asked, m.replied, m.resident = median(asked), median(replied), median(resident)
	return m
}

// alone runs do on the server's core, and returns what other programs used meanwhile.
func (b *bench) alone(do func() error) (r load.Result, err error) {
	before, err := currentUse()
	if err != nil {
		return r, err
	}
	if err := b.onServerCore(do); err != nil {
		return r, err
	}
	after, err := currentUse()
	return before.until(after), err
}
