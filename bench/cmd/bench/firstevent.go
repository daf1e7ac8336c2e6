package main

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"runtime"
	"time"

	"github.com/tyg-dev/tyg/bench/internal/stat"
)

// eventTimeout limits each step of a function.
const eventTimeout = 20 * time.Second

// startOnce starts a function beside a stand-in of its own, and times its first event.
func (b *bench) startOnce(ctx context.Context, sv server) (c startFigures, err error) {
	aws, err := newStandIn()
	if err != nil {
		return c, err
	}
	defer aws.close()
	p := &process{cmd: exec.CommandContext(ctx, b.program(sv, runtime.GOARCH))}
	p.cmd.Env = aws.environment(*sv.function)
	began := time.Now()
	if err := b.begin(p); err != nil {
		return c, err
	}
	defer p.stop()
	c, err = aws.watch(p, began)
	return c, errors.Join(aws.check(*sv.function), err)
}

// watch waits for the calls of a function, in their order.
func (a *standIn) watch(p *process, began time.Time) (c startFigures, err error) {
	asked, err := await(p, a.asked)
	if err != nil {
		return c, fmt.Errorf("wait for first request: %w", err)
	}
	replied, err := await(p, a.replied)
	if err != nil {
		return c, fmt.Errorf("wait for first reply: %w", err)
	}
	if _, err := await(p, a.asked); err != nil {
		return c, fmt.Errorf("wait for second request: %w", err)
	}
	rss, err := stat.RSS([]int{p.pid()})
	c.asked, c.replied = millis(asked.Sub(began)), millis(replied.Sub(began))
	c.resident = float64(rss)
	return c, err
}

func millis(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// await waits for a time, or for the end of the process.
func await(p *process, from <-chan time.Time) (time.Time, error) {
	select {
	case t := <-from:
		return t, nil
	case <-p.ended:
		return time.Time{}, fmt.Errorf("it ended: %s", p.output())
	case <-time.After(eventTimeout):
		return time.Time{}, fmt.Errorf("it made no call for %v", eventTimeout)
	}
}
