package dynamo

import "time"

// SetClock makes a Store believe another time. No call may be under way.
func (s *Store) SetClock(now func() time.Time) { s.now = now }

// SetWaits makes a Store wait otherwise before it tries again. No call may be under way.
func (s *Store) SetWaits(after func(time.Duration) <-chan time.Time) { s.after = after }

// SetPage makes pages short.
func (s *Store) SetPage(items int32) { s.page = items }
