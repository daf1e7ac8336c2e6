package gateway

import "time"

// A clock counts nanoseconds since a moment before its Server started. It is monotonic: when the
// machine's clock is set, no limit passes early or late. Sessions keep such counts, which are a
// third of the size of a time.Time and may be atomic; 0 means none.
type clock struct{ zero time.Time }

func (k *clock) start() { k.zero = time.Now().Add(-time.Second) } // so that no count is 0

// at returns the count at t, which must come from time.Now.
func (k *clock) at(t time.Time) int64 { return int64(t.Sub(k.zero)) }

// now is at(time.Now()). It reads one of the machine's clocks, not two.
func (k *clock) now() int64 { return int64(time.Since(k.zero)) }

// time returns the time of a count, by what the machine's clock says now.
func (k *clock) time(at int64) time.Time {
	now := time.Now()
	return now.Add(time.Duration(at - k.at(now)))
}
