package logs

import (
	"context"
	"iter"
	"maps"
	"time"
)

const (
	// followSince is how old the first events of a followed log may be.
	followSince = 10 * time.Minute
	// followPause is the pause between two reads. An account may read ten times a second, in some
	// regions five
	// (https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html).
	followPause = 2 * time.Second
	// followOverlap is how far back each read overlaps the one before: events become visible out of
	// order.
	followOverlap = 15 * time.Second
)

// follow reads the log until the context ends.
func (l *Reader) follow(ctx context.Context, yield func(Event) bool) error {
	s := &seenEvents{start: l.options.Since, ids: make(map[string]time.Time)}
	if s.start.IsZero() {
		s.start = time.Now().Add(-followSince)
	}
	s.last = s.start
	for first := true; ; first = false {
		events := s.fresh(l.between(ctx, s.start, time.Time{}))
		if first && l.options.Newest > 0 {
			list, err := l.last(events, l.options.Newest)
			if err != nil {
				return err
			}
			events = withoutErrors(list)
		}
		if err := yieldAll(events, yield); err != nil {
			return err
		}
		s.move()
		if err := l.Pause(ctx, followPause); err != nil {
			return err
		}
	}
}

// seenEvents tells new events from those of earlier reads.
type seenEvents struct {
	start time.Time            // of the next read
	last  time.Time            // of the newest event, or start if there was none
	ids   map[string]time.Time // of the events from start on
}

// fresh returns the events that were not seen before.
func (s *seenEvents) fresh(events iter.Seq2[Event, error]) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		for e, err := range events {
			if _, seen := s.ids[e.ID]; seen && err == nil {
				continue
			}
			if err == nil {
				s.ids[e.ID] = e.Time
				s.last = laterOf(s.last, e.Time)
			}
			if !yield(e, err) {
				return
			}
		}
	}
}

// move sets the start of the next read, and forgets the events before it.
func (s *seenEvents) move() {
	s.start = laterOf(s.start, s.last.Add(-followOverlap))
	maps.DeleteFunc(s.ids, func(_ string, at time.Time) bool { return at.Before(s.start) })
}
