package stat_test

import (
	"math"
	"os"
	"testing"

	"github.com/tyg-dev/tyg/bench/internal/stat"
)

func TestQuantile(t *testing.T) {
	var h stat.Hist
	if got := h.Quantile(.5); got != 0 {
		t.Errorf("quantile of nothing is %v", got)
	}
	for i := int64(1); i <= 1_000_000; i++ {
		h.Add(i)
	}
	for _, q := range []float64{.5, .99, .999} {
		if got, want := h.Quantile(q), q*1e3; math.Abs(got-want) > want*.016 {
			t.Errorf("Quantile(%v) is %v, want about %v", q, got, want)
		}
	}
	if h.Count() != 1_000_000 || h.Max() != 1000 {
		t.Errorf("Count is %d, Max is %v", h.Count(), h.Max())
	}
}

// The middle of a bucket lies above the longest time if that is at the bucket's beginning.
func TestQuantileIsNotOverMax(t *testing.T) {
	var h stat.Hist
	h.Add(1 << 20)
	if got := h.Quantile(.99); got != h.Max() {
		t.Errorf("quantile is %v, the only time %v", got, h.Max())
	}
}

func TestBuckets(t *testing.T) {
	for _, v := range []int64{0, 1, 63, 64, 65, 127, 128, 1000, 1 << 20, 1<<40 + 12345} {
		got := stat.Middle(stat.Bucket(v))
		if off := math.Abs(float64(got - v)); off > float64(v)*.016 {
			t.Errorf("%d is kept as %d", v, got)
		}
	}
}

func TestCPUOf(t *testing.T) {
	line := "7 (a ) b) S 1 7 7 0 -1 4194560 9 0 0 0 100 20 3 4 20 0 1 0 55 0 0\n"
	if got := stat.CPUOf([]byte(line)); math.Abs(got-1.27) > 1e-9 {
		t.Errorf("CPU time is %v s, want 1.27", got)
	}
}

func TestMachineOf(t *testing.T) {
	busy, steal := stat.MachineOf("cpu  100 200 300 9999 9999 400 500 600 0 0")
	if busy != 15 || steal != 6 {
		t.Errorf("busy %v s, steal %v s, want 15 and 6", busy, steal)
	}
}

func TestMemoryOf(t *testing.T) {
	got, err := stat.MemoryOf("MemFree:  1 kB\nSlab:            52 kB\n", "Slab")
	if got != 52<<10 || err != nil {
		t.Errorf("Slab is %d, %v, want %d", got, err, 52<<10)
	}
	if _, err := stat.MemoryOf("MemFree: 1 kB\n", "Slab"); err == nil {
		t.Error("no error without a Slab line")
	}
}

func TestOwnProcess(t *testing.T) {
	self := []int{os.Getpid()}
	if rss, err := stat.RSS(self); err != nil || rss < 1<<20 {
		t.Errorf("RSS is %d, %v", rss, err)
	}
	if _, err := stat.CPU(self); err != nil {
		t.Error(err)
	}
	if busy, _, err := stat.Machine(); err != nil || busy <= 0 {
		t.Errorf("Machine says %v, %v", busy, err)
	}
	if _, err := stat.CPU([]int{-1}); err == nil {
		t.Error("no error for a process that is not there")
	}
}
