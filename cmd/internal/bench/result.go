package bench

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/tyg-dev/tyg/internal/visible"
)

// A Result is what a run has measured. Latencies are in milliseconds, from the time at which a
// message was due to that at which it came.
type Result struct {
	Connections int              `json:"connections"`
	Groups      int              `json:"groups,omitempty"`
	Rate        float64          `json:"rate"` // wanted
	Seconds     float64          `json:"seconds"`
	Bytes       int              `json:"bytes"` // of a message
	Expected    Expectation      `json:"expected"`
	Interrupted bool             `json:"interrupted,omitempty"`
	Sent        int64            `json:"sent"`
	SentRate    float64          `json:"sent_per_second"`
	Deliveries  int64            `json:"deliveries"`
	Lost        int64            `json:"lost"`
	Overtook    int64            `json:"overtook"` // came before an earlier message of its sender
	Other       int64            `json:"other"`    // messages without an id
	Wrong       map[string]int64 `json:"wrong,omitempty"`
	Errors      map[string]int64 `json:"errors,omitempty"`
	Latency     Latency          `json:"latency_ms"`
	Percentiles []Point          `json:"percentiles,omitempty"`

	histogram *hdrhistogram.Histogram
}

// Latency has the percentiles that are looked at first.
type Latency struct {
	Min  float64 `json:"min"`
	Mean float64 `json:"mean"`
	P50  float64 `json:"p50"`
	P90  float64 `json:"p90"`
	P99  float64 `json:"p99"`
	P999 float64 `json:"p99.9"`
	Max  float64 `json:"max"`
}

// A Point says which part of the messages, in percent, took at most this long.
type Point struct {
	Percent float64 `json:"percent"`
	MS      float64 `json:"ms"`
}

// percents are the points of a curve: each step leaves half as many messages slower, or fewer.
func percents() []float64 {
	return []float64{0, 10, 25, 50, 75, 90, 95, 97.5, 99, 99.5, 99.75, 99.9, 99.95, 99.99, 99.999, 100}
}

func (r *run) result(interrupted bool) *Result {
	h := r.tally.latency // all goroutines that write to it have ended
	seconds := min(time.Since(r.start), r.Duration).Seconds()
	res := &Result{
		Connections: r.Connections, Groups: r.Groups, Rate: r.Rate, Seconds: seconds,
		Bytes: len(r.clients[0].message(0)), Expected: r.expect, Interrupted: interrupted,
		Sent: r.sent.Load(), SentRate: float64(r.sent.Load()) / seconds,
		Deliveries: h.TotalCount(), Lost: max(0, r.missing()-h.TotalCount()), Other: r.tally.others,
		Overtook: r.tally.early,
		Wrong:    r.tally.wrongs, Errors: r.tally.errors, histogram: h,
	}
	if h.TotalCount() == 0 {
		return res
	}
	at := func(percent float64) float64 { return float64(h.ValueAtQuantile(percent)) / 1000 }
	res.Latency = Latency{
		float64(h.Min()) / 1000, h.Mean() / 1000, at(50), at(90), at(99), at(99.9),
		float64(h.Max()) / 1000,
	}
	for _, percent := range percents() {
		res.Percentiles = append(res.Percentiles, Point{percent, at(percent)})
	}
	return res
}

// Verdict returns an error if the server did not do what it does with a message.
func (r *Result) Verdict() error {
	var wrong int64
	for _, n := range r.Wrong {
		wrong += n
	}
	switch {
	case len(r.Errors) > 0:
		return fmt.Errorf("connections were lost; the result is not that of the load")
	case wrong > 0:
		return fmt.Errorf("%d answers are wrong", wrong)
	case r.Lost > 0 && !r.Interrupted:
		return fmt.Errorf("%d of %d deliveries did not come", r.Lost, r.Lost+r.Deliveries)
	}
	return nil
}

// WriteText writes the result for people.
func (r *Result) WriteText(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%d connections, %.6g messages a second wanted, %.1f s, %d bytes each\n\n",
		r.Connections, r.Rate, r.Seconds, r.Bytes)
	fmt.Fprintf(&b, "sent        %d (%.1f a second)\n", r.Sent, r.SentRate)
	fmt.Fprintf(&b, "came back   %d%s\n", r.Deliveries, r.judgement())
	if r.Lost > 0 {
		fmt.Fprintf(&b, "did not     %d\n", r.Lost)
	}
	if r.Overtook > 0 {
		fmt.Fprintf(&b, "overtook    %d came before an earlier one of their sender\n", r.Overtook)
	}
	if r.Other > 0 {
		fmt.Fprintf(&b, "other       %d messages without an id\n", r.Other)
	}
	for _, kind := range []map[string]int64{r.Wrong, r.Errors} {
		for _, text := range slices.Sorted(maps.Keys(kind)) {
			fmt.Fprintf(&b, "wrong       %d times: %s\n", kind[text], visible.Line(text))
		}
	}
	if r.Deliveries > 0 {
		r.latencyText(&b)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// judgement says how answers were compared.
func (r *Result) judgement() string {
	switch r.Expected {
	case Echo:
		return ", each compared with what was sent"
	case Answer:
		return ", each an answer with the id of its message"
	case ToGroup:
		return fmt.Sprintf(", in %d groups", r.Groups)
	}
	return "; the server answered the first message with nothing that has its id, so there is no " +
		"latency"
}

func (r *Result) latencyText(b *strings.Builder) {
	l := r.Latency
	fmt.Fprintf(b, "\nlatency in ms, from the time at which a message was due\n\n")
	fmt.Fprintf(b, "%10s%10s%10s%10s%10s%10s\n", "min", "p50", "p90", "p99", "p99.9", "max")
	fmt.Fprintf(b, "%10.3f%10.3f%10.3f%10.3f%10.3f%10.3f\n\n", l.Min, l.P50, l.P90, l.P99,
		l.P999, l.Max)
	for _, bar := range r.bars() {
		fmt.Fprintf(b, "%10.3f  %-40s %d\n", bar.ms, strings.Repeat("█", bar.length), bar.count)
	}
}

// A bar is how many messages took up to a time, and longer than the bar before.
type bar struct {
	ms     float64
	count  int64
	length int // in characters
}

const longestBar = 40

// bars returns bars of times that double.
func (r *Result) bars() []bar {
	var all []bar
	end := int64(1)
	for end < r.histogram.Min() {
		end *= 2
	}
	bars := r.histogram.Distribution()
	for len(bars) > 0 {
		b := bar{ms: float64(end) / 1000}
		for len(bars) > 0 && bars[0].To <= end {
			b.count += bars[0].Count
			bars = bars[1:]
		}
		if len(all) > 0 || b.count > 0 {
			all = append(all, b)
		}
		end *= 2
		if end > longest {
			break
		}
	}
	for len(all) > 0 && all[len(all)-1].count == 0 {
		all = all[:len(all)-1]
	}
	var most int64 = 1
	for _, b := range all {
		most = max(most, b.count)
	}
	for i := range all {
		all[i].length = int(longestBar * all[i].count / most)
	}
	return all
}
