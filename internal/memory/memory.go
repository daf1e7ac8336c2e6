// Package memory says how much memory this process may use.
package memory

import (
	"math"
	"runtime/debug"
)

// unknown is what is assumed of a machine that does not say.
const unknown = 4 << 30

// Limit returns how many bytes of memory the process may use: what the machine has, or its
// container, or GOMEMLIMIT if that is less.
func Limit() int64 {
	limit := int64(math.MaxInt64)
	for _, n := range []int64{debug.SetMemoryLimit(-1), machine(), container()} {
		if n > 0 {
			limit = min(limit, n)
		}
	}
	if limit == math.MaxInt64 {
		return unknown
	}
	return limit
}
