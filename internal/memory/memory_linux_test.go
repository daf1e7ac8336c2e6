package memory

import (
	"runtime/debug"
	"testing"
)

func TestGroupLimit(t *testing.T) {
	tests := []struct {
		name, groups string
		files        map[string]string
		want         int64
	}{
		{"no groups", "", nil, 0},
		{"version 2", "0::/a/b\n", map[string]string{"/a/b/memory.max": "1000\n"}, 1000},
		{"version 2, at the root", "0::/\n", map[string]string{"/memory.max": "77\n"}, 77},
		{"no limit", "0::/a\n", map[string]string{"/a/memory.max": "max\n"}, 0},
		{
			"the parent has less", "0::/a/b\n",
			map[string]string{"/a/b/memory.max": "max\n", "/a/memory.max": "500\n"},
			500,
		},
		{
			"a path outside of the container", "0::/../../kubepods/x\n",
			map[string]string{"/memory.max": "300\n"},
			300,
		},
		{
			"version 1", "5:cpu:/c\n4:memory,other:/d\n",
			map[string]string{
				"memory/d/memory.limit_in_bytes": "2000\n",
				"memory/memory.limit_in_bytes":   "9223372036854771712\n",
			},
			2000,
		},
		{"version 1, another controller", "4:cpu:/d\n", map[string]string{"/d/memory.max": "1\n"}, 0},
		{"garbage", "x\n0:y\n::\n", map[string]string{"/memory.max": "-5\n"}, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			read := func(name string) string { return tt.files[name] }
			if got := groupLimit(tt.groups, read); got != tt.want {
				t.Errorf("got %d, want %d", got, tt.want)
			}
		})
	}
}

// TestLimitObeysGOMEMLIMIT sets what that variable sets.
func TestLimitObeysGOMEMLIMIT(t *testing.T) {
	if n := Limit(); n < 64<<20 || n > 64<<40 {
		t.Errorf("this machine has %d bytes", n)
	}
	const half = 512 << 20
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(half))
	if n := Limit(); n > half {
		t.Errorf("got %d, with a limit of %d", n, half)
	}
}
