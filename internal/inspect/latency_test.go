package inspect

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// A quantile is at most 13 % above the exact one, and not below it.
func TestQuantilesAreClose(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var h histogram
	var all []time.Duration
	for range 10_000 {
		d := time.Duration(1+r.ExpFloat64()*5000) * time.Microsecond
		all = append(all, d)
		h.add(d)
	}
	slices.Sort(all)
	for _, q := range []float64{0.01, 0.5, 0.99, 1} {
		exact := float64(all[int(q*float64(len(all)))-1]) / 1e6
		if got := h.quantile(q); got < exact || got > exact*1.13+0.001 {
			t.Errorf("quantile %v is %v ms, exactly %v", q, got, exact)
		}
	}
	if got := new(histogram).quantile(0.5); got != 0 {
		t.Errorf("of nothing it is %v", got)
	}
	h = histogram{}
	h.add(500 * time.Hour) // beyond the last bucket
	if got := h.quantile(0.5); got < 1000 {
		t.Errorf("of a very long one it is %v ms", got)
	}
}
