package inspect

import (
	"math"
	"math/bits"
	"time"
)

// A histogram counts durations in buckets of an eighth of a power of two, so that a quantile is
// right within 13 %.
type histogram struct {
	buckets [8 * 40]int // of microseconds
	n       int
}

func (h *histogram) add(d time.Duration) {
	h.buckets[bucketOf(uint64(max(d.Microseconds(), 0)))]++
	h.n++
}

// bucketOf returns the bucket of a number: below 8 one for each, then 8 for each power of two.
func bucketOf(n uint64) int {
	if n < 8 {
		return int(n)
	}
	shift := bits.Len64(n) - 4
	return min(8*(shift+1)+int(n>>shift)-8, len(histogram{}.buckets)-1)
}

// upper returns the largest number of a bucket.
func upper(bucket int) uint64 {
	if bucket < 8 {
		return uint64(bucket)
	}
	shift := bucket/8 - 1
	return (uint64(bucket%8)+9)<<shift - 1
}

// quantile returns, in milliseconds, what a share of the durations does not exceed.
func (h *histogram) quantile(q float64) float64 {
	want := int(math.Ceil(q * float64(h.n)))
	for i, n := range h.buckets {
		if want -= n; want <= 0 && h.n > 0 {
			return max(float64(upper(i)), 0.5) / 1000 // 0 is for none
		}
	}
	return 0
}
