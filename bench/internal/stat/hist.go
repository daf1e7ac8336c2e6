// Package stat has a histogram of latencies, and reads CPU times and memory from /proc.
package stat

import "math/bits"

// subBits divides each power of two into 64 buckets, so a value is exact within 1.6 %.
const subBits = 6

// A Hist is a histogram of times in nanoseconds. The zero Hist is empty.
type Hist struct {
	n       uint64
	max     int64
	buckets [64 << subBits]uint64
}

// Add records a time. Negative ones count as 0.
func (h *Hist) Add(v int64) {
	v = max(v, 0)
	h.n++
	h.max = max(h.max, v)
	h.buckets[bucket(v)]++
}

// Count returns how many times were recorded.
func (h *Hist) Count() uint64 { return h.n }

// Max returns the longest time, in microseconds.
func (h *Hist) Max() float64 { return float64(h.max) / 1e3 }

// Quantile returns the time, in microseconds, under which the share q of all times lies. It is 0 if
// there are none.
func (h *Hist) Quantile(q float64) float64 {
	if h.n == 0 {
		return 0
	}
	rank := min(uint64(q*float64(h.n)), h.n-1)
	var below uint64
	for i, n := range h.buckets {
		if below += n; below > rank {
			return float64(min(middle(i), h.max)) / 1e3
		}
	}
	return h.Max()
}

func bucket(v int64) int {
	if v < 1<<subBits {
		return int(v)
	}
	e := bits.Len64(uint64(v)) - 1 - subBits
	return (e+1)<<subBits + int(v>>e) - 1<<subBits
}

// middle returns the time in the middle of a bucket.
func middle(i int) int64 {
	if i < 1<<subBits {
		return int64(i)
	}
	e := i>>subBits - 1
	m := int64(i&(1<<subBits-1)) + 1<<subBits
	return (m<<1 + 1) << e >> 1
}
