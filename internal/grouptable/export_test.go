package grouptable

import "time"

// SetClock sets the clock of a Table. No call may be under way.
func (t *Table) SetClock(now func() time.Time) { t.now = now }

// SetWaits replaces the timer of the retries. No call may be under way.
func (t *Table) SetWaits(after func(time.Duration) <-chan time.Time) { t.after = after }

// SetPage sets the length of pages, in items.
func (t *Table) SetPage(items int) { t.page = items }

// TTL is how long items of connections last.
const TTL = ttl
