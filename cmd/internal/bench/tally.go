package bench

import (
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// The histogram's range, in microseconds, and its precision in digits.
const (
	shortest = 1
	longest  = 10 * 60 * 1_000_000
	digits   = 3
)

// A tally counts what comes. It is safe for concurrent use.
type tally struct {
	mu      sync.Mutex // guards the fields below
	latency *hdrhistogram.Histogram
	others  int64
	early   int64
	wrongs  map[string]int64
	errors  map[string]int64
}

func newTally() tally {
	return tally{
		latency: hdrhistogram.New(shortest, longest, digits),
		wrongs:  make(map[string]int64), errors: make(map[string]int64),
	}
}

func (t *tally) record(d time.Duration, early bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if early {
		t.early++
	}
	// Within the range, so it cannot fail.
	_ = t.latency.RecordValue(min(max(d.Microseconds(), shortest), longest))
}

func (t *tally) other() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.others++
}

func (t *tally) wrong(what string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.wrongs[what]++
}

func (t *tally) fail(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.errors[err.Error()]++
}

func (t *tally) received() int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.latency.TotalCount()
}

func (t *tally) soFar() (received int64, p50, p99 time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.latency.TotalCount(), quantile(t.latency, 50), quantile(t.latency, 99)
}

func quantile(h *hdrhistogram.Histogram, percent float64) time.Duration {
	return time.Duration(h.ValueAtQuantile(percent)) * time.Microsecond
}
