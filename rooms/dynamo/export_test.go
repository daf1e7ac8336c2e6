package dynamo

import "time"

// SetClock sets the clock of a Store. No call may be under way.
func (s *Store) SetClock(now func() time.Time) { s.now = now }

// SetWaits replaces the timer of the retries. No call may be under way.
func (s *Store) SetWaits(after func(time.Duration) <-chan time.Time) { s.after = after }

// SetPage sets the length of pages, in items.
func (s *Store) SetPage(items int32) { s.page = items }
