package inspect

import (
	"time"

	"github.com/tyg-dev/tyg/gateway"
)

// A sample is what the charts show of one second.
type sample struct {
	At     int64   `json:"at"`
	Conns  int64   `json:"conns"`
	In     float64 `json:"in"`  // messages a second
	Out    float64 `json:"out"` // messages a second, one for each recipient
	P50    float64 `json:"p50"` // of handlers, in milliseconds
	P99    float64 `json:"p99"`
	Queued int64   `json:"queued"` // bytes
	Failed float64 `json:"failed"` // handlers a second
	Seen   int     `json:"seen"`   // lines there would be
	Kept   int     `json:"kept"`   // lines there are
	Lost   int     `json:"lost"`   // records that were too many even to count
}

// sample returns what was counted since the last call.
func (t *timeline) sample(now, before gateway.Stats, took time.Duration) sample {
	t.mu.Lock()
	defer t.mu.Unlock()
	rate := func(a, b int64) float64 { return float64(a-b) / max(took.Seconds(), 0.001) }
	s := sample{
		Conns: now.Connections, In: rate(now.Messages, before.Messages),
		Out: rate(now.Sent, before.Sent), Failed: rate(now.Failures, before.Failures),
		P50: t.latency.quantile(0.5), P99: t.latency.quantile(0.99),
		Seen: t.seen, Kept: t.kept, Lost: t.lost,
	}
	t.seen, t.kept, t.lost, t.latency = 0, 0, 0, histogram{}
	return s
}
