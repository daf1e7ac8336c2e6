// Package clocktest makes times as they are after the machine's clock was set.
package clocktest

import (
	"testing"
	"time"
	"unsafe"
)

// Step returns t as time.Now returns it once the machine's clock was set by that many seconds: its
// wall clock differs, and its monotonic clock does not.
func Step(tb testing.TB, t time.Time, seconds int) time.Time {
	tb.Helper()
	stepped := t
	// The first word has the seconds above 30 bits of nanoseconds, as package time documents in its
	// source. There is no other way to a time whose two clocks disagree.
	wall := (*uint64)(unsafe.Pointer(&stepped))
	*wall = uint64(int64(*wall) + int64(seconds)<<30)
	if stepped.Unix() != t.Unix()+int64(seconds) || stepped.Sub(t) != 0 {
		tb.Fatalf("%v was not set by %d seconds: %v", t, seconds, stepped)
	}
	return stepped
}
