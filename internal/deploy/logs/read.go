package logs

import (
	"context"
	"errors"
	"iter"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"github.com/tyg-dev/tyg/internal/deploy/plan"
	"github.com/tyg-dev/tyg/internal/deploy/spec"
)

// newest returns the last events. CloudWatch Logs does not document how to read backwards, so
// newest reads spans of time, the last one first, each six times as long as the one after it: that
// reads little of a busy log, and takes few requests for an empty one.
func (l *Reader) newest(ctx context.Context) ([]Event, error) {
	const first, growth = 10 * time.Minute, 6
	since := laterOf(l.options.Since, time.UnixMilli(0))
	var found []Event
	end := time.Time{} // of the span; the zero time is none
	start := time.Now()
	for span := first; start.After(since); span *= growth {
		start = laterOf(since, start.Add(-span))
		events, err := l.last(l.between(ctx, start, end), l.options.Newest-len(found))
		if err != nil {
			return nil, err
		}
		if found = append(events, found...); len(found) == l.options.Newest {
			break
		}
		end = start.Add(-time.Millisecond)
	}
	return found, nil
}

// last returns the last n events, without those that are not wanted.
func (l *Reader) last(events iter.Seq2[Event, error], n int) ([]Event, error) {
	var list []Event
	for e, err := range events {
		if err != nil {
			return nil, err
		}
		if !l.wanted(e) {
			continue
		}
		if list = append(list, e); len(list) >= 2*n {
			list = append(list[:0], list[len(list)-n:]...)
		}
	}
	return list[max(0, len(list)-n):], nil
}

func laterOf(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// between merges the events of all functions from start to end, inclusive, by time. A zero time is
// no limit.
func (l *Reader) between(ctx context.Context, start, end time.Time) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		var heads []*logHead
		for _, fn := range l.functions {
			next, stop := iter.Pull2(l.eventsOf(ctx, fn, start, end))
			defer stop()
			h := &logHead{next: next}
			if h.advance() {
				heads = append(heads, h)
			}
		}
		for len(heads) > 0 {
			i := oldestHead(heads)
			if !yield(heads[i].event, heads[i].err) || heads[i].err != nil {
				return
			}
			if !heads[i].advance() {
				heads = append(heads[:i], heads[i+1:]...)
			}
		}
	}
}

// A logHead is the next event of a function to merge.
type logHead struct {
	event Event
	err   error
	next  func() (Event, error, bool)
}

func (h *logHead) advance() (ok bool) {
	h.event, h.err, ok = h.next()
	return ok
}

// oldestHead returns the index of the next head: an error, or else the oldest event.
func oldestHead(heads []*logHead) int {
	first := 0
	for i, h := range heads {
		if h.err != nil {
			return i
		}
		if h.event.Time.Before(heads[first].event.Time) {
			first = i
		}
	}
	return first
}

// eventsOf returns the events of one function, which AWS sorts by time. A page may be empty without
// being the last.
// (https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html)
func (l *Reader) eventsOf(
	ctx context.Context, fn plan.Resource, start, end time.Time,
) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		pages := cloudwatchlogs.NewFilterLogEventsPaginator(l.Client, l.query(fn, start, end))
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if _, none := errors.AsType[*types.ResourceNotFoundException](err); none {
				return // nothing is logged yet
			}
			if err != nil {
				yield(Event{}, err)
				return
			}
			for _, e := range page.Events {
				if !yield(newEvent(fn, e), nil) {
					return
				}
			}
		}
	}
}

func (l *Reader) query(
	fn plan.Resource, start, end time.Time,
) *cloudwatchlogs.FilterLogEventsInput {
	group := spec.LogGroup(fn.FunctionName)
	in := &cloudwatchlogs.FilterLogEventsInput{LogGroupName: &group}
	if !start.IsZero() {
		in.StartTime = aws.Int64(start.UnixMilli())
	}
	if !end.IsZero() {
		in.EndTime = aws.Int64(end.UnixMilli())
	}
	if l.options.Filter != "" {
		in.FilterPattern = &l.options.Filter
	}
	return in
}

func newEvent(fn plan.Resource, e types.FilteredLogEvent) Event {
	return Event{
		Time:     time.UnixMilli(aws.ToInt64(e.Timestamp)).UTC(),
		Function: fn.Name,
		Stream:   aws.ToString(e.LogStreamName),
		ID:       aws.ToString(e.EventId),
		Message:  strings.TrimRight(aws.ToString(e.Message), " \t\r\n"),
	}
}
