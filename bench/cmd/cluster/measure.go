package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/tyg-dev/tyg/bench/internal/stat"
)

type times struct {
	P50, P99 float64
	Count    uint64
}

// A sendRow is the result of the experiment "send". Times are microseconds.
type sendRow struct {
	Kind          string
	Send, Request times   // in turns
	Ratio         float64 // of the p50s
	Received      times   // from the send to the client, in turns and at the rate
	Rate          times   // at a rate: from when it was due
	PerSecond     float64 // that were sent then
}

func (r sendRow) String() string {
	return fmt.Sprintf("send       %-10s p50 %5.0f µs, p99 %5.0f µs; NATS request p50 %5.0f µs, "+
		"p99 %5.0f µs; ratio %.2f; to the client p50 %.0f µs; at %.0f/s p50 %.1f ms, p99 %.1f ms",
		r.Kind, r.Send.P50, r.Send.P99, r.Request.P50, r.Request.P99, r.Ratio, r.Received.P50,
		r.PerSecond, r.Rate.P50/1e3, r.Rate.P99/1e3)
}

func measureSend(o options, f *fleet) (any, error) {
	var got received
	c, err := f.dial(f.nodes[2], false, 0, &got)
	if err != nil {
		return nil, err
	}
	time.Sleep(time.Second) // all nodes know each other
	row := sendRow{Kind: f.kind}
	turns, err := askTimes(f.nodes[0], "send %s %s %d %d", c.id, f.nodes[2].name, o.send, o.size)
	if err != nil {
		return nil, err
	}
	row.Send, row.Request = turns["send"], turns["request"]
	row.Ratio = row.Send.P50 / row.Request.P50
	got.mu.Lock()
	row.Received = times{got.times.Quantile(.5), got.times.Quantile(.99), got.times.Count()}
	got.mu.Unlock()
	seconds := int(o.length.Seconds())
	at, err := askTimes(f.nodes[0], "rate %s %d %d %d", c.id, o.rate, seconds, o.size)
	if err != nil {
		return nil, err
	}
	row.Rate = at["rate"]
	row.PerSecond = float64(row.Rate.Count) / at["seconds"].P50
	return row, nil
}

func askTimes(n *node, format string, args ...any) (m map[string]times, err error) {
	line, err := n.ask(format, args...)
	if err != nil {
		return nil, err
	}
	return m, json.Unmarshal([]byte(line), &m)
}

// A broadcastRow is the result of the experiment "broadcast".
type broadcastRow struct {
	Kind          string
	Members       int
	Broadcasts    int
	Published     float64 // messages to NATS for each broadcast
	Delivered     float64 // messages from NATS for each broadcast
	PerCPUSecond  float64 // deliveries of the nodes
	NATSShare     float64 // CPU time of NATS, as a share of that of the nodes
	PerSecondWall float64
}

func (r broadcastRow) String() string {
	return fmt.Sprintf("broadcast  %-10s %d members on %d nodes: %.2f messages to NATS and %.2f from "+
		"it for each; %.0f deliveries per CPU second of the nodes; NATS used %.0f %% of that; "+
		"%.0f a second",
		r.Kind, r.Members, nodeCount, r.Published, r.Delivered, r.PerCPUSecond, 100*r.NATSShare,
		r.PerSecondWall)
}

func measureBroadcast(o options, f *fleet) (any, error) {
	var got received
	for i := range o.members {
		if _, err := f.dial(f.nodes[i%nodeCount], true, i, &got); err != nil {
			return nil, err
		}
	}
	var publishers []*client
	for i, n := range f.nodes {
		p, err := f.dial(n, false, -1-i, new(received))
		if err != nil {
			return nil, err
		}
		publishers = append(publishers, p)
	}
	time.Sleep(time.Second) // interest has spread
	idle, err := f.busRate()
	if err != nil {
		return nil, err
	}
	row := broadcastRow{Kind: f.kind, Members: o.members}
	if err := f.rounds(o, publishers, &got, &row, time.Second); err != nil { // to warm up
		return nil, err
	}
	row.Broadcasts = 0
	before, err := f.bus()
	if err != nil {
		return nil, err
	}
	nodes, nats, err := f.cpu()
	if err != nil {
		return nil, err
	}
	start, count := time.Now(), got.count.Load()
	if err := f.rounds(o, publishers, &got, &row, o.length); err != nil {
		return nil, err
	}
	took := time.Since(start).Seconds()
	nodes2, nats2, err := f.cpu()
	if err != nil {
		return nil, err
	}
	after, err := f.bus()
	if err != nil {
		return nil, err
	}
	n := float64(row.Broadcasts)
	row.Published = (after.In - before.In - idle.In*took) / n
	row.Delivered = (after.Out - before.Out - idle.Out*took) / n
	row.PerCPUSecond = float64(got.count.Load()-count) / (nodes2 - nodes)
	row.NATSShare = (nats2 - nats) / (nodes2 - nodes)
	row.PerSecondWall = float64(got.count.Load()-count) / took
	return row, nil
}

// busRate returns the messages a second of a fleet that does nothing: heartbeats.
func (f *fleet) busRate() (b bus, err error) {
	before, err := f.bus()
	if err != nil {
		return b, err
	}
	start := time.Now()
	time.Sleep(5 * time.Second)
	after, err := f.bus()
	s := time.Since(start).Seconds()
	return bus{(after.In - before.In) / s, (after.Out - before.Out) / s}, err
}

// rounds publishes for some time, from clients of one node after the other, several messages at
// once. Each member must get each message.
func (f *fleet) rounds(
	o options, publishers []*client, got *received, row *broadcastRow, length time.Duration,
) error {
	for start := time.Now(); time.Since(start) < length; {
		want := got.count.Load() + int64(o.depth*o.members)
		p := publishers[row.Broadcasts/o.depth%nodeCount]
		if err := p.publish(f.kind, o.depth, o.size); err != nil {
			return err
		}
		row.Broadcasts += o.depth
		for end := time.Now().Add(20 * time.Second); got.count.Load() < want; {
			if time.Now().After(end) {
				return fmt.Errorf("%d messages are missing", want-got.count.Load())
			}
			time.Sleep(200 * time.Microsecond)
		}
	}
	return nil
}

// An idleRow is the result of the experiment "idle".
type idleRow struct {
	Kind    string
	Conns   int
	Ping    time.Duration
	Memory  float64 // bytes for each, resident, after unused memory was returned
	CPU     float64 // µs of CPU time for each connection and second, with the pings
	Alone   float64 // µs of CPU time for each second of a node without connections
	Seconds float64
}

func (r idleRow) String() string {
	return fmt.Sprintf("idle       %-10s %d connections with pings each %v: %.2f KB and %.2f µs/s "+
		"each over %.0f s (a node without connections: %.0f µs/s)",
		r.Kind, r.Conns, r.Ping, r.Memory/1024, r.CPU, r.Seconds, r.Alone)
}

func measureIdle(o options, f *fleet) (any, error) {
	n := f.nodes[0]
	row := idleRow{Kind: f.kind, Conns: o.conns, Ping: o.ping}
	const rest = 15 * time.Second
	alone, err := spend(n, rest)
	if err != nil {
		return nil, err
	}
	row.Alone = alone / rest.Seconds()
	before, err := n.memory()
	if err != nil {
		return nil, err
	}
	var got received
	for i := range o.conns {
		if _, err := f.dial(n, false, i, &got); err != nil {
			return nil, err
		}
	}
	after, err := n.memory()
	if err != nil {
		return nil, err
	}
	row.Memory = (after - before) / float64(o.conns)
	used, err := spend(n, o.idle)
	if err != nil {
		return nil, err
	}
	row.Seconds = o.idle.Seconds()
	row.CPU = (used/row.Seconds - row.Alone) / float64(o.conns)
	return row, nil
}

// spend returns the CPU time that a node uses within d, in microseconds.
func spend(n *node, d time.Duration) (float64, error) {
	seconds, err := stat.Spend(context.Background(), []int{n.cmd.Process.Pid}, d)
	return 1e6 * seconds, err
}

func (n *node) cpu() (float64, error) {
	line, err := n.ask("cpu")
	if err != nil {
		return 0, err
	}
	return strconv.ParseFloat(line, 64)
}

// memory has a node return what it does not use, and returns what is resident.
func (n *node) memory() (float64, error) {
	for range 2 { // finalizers free more
		if _, err := n.ask("free"); err != nil {
			return 0, err
		}
		time.Sleep(500 * time.Millisecond)
	}
	rss, err := stat.RSS([]int{n.cmd.Process.Pid})
	return float64(rss), err
}
