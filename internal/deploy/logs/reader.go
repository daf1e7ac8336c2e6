package logs

import (
	"context"
	"errors"
	"iter"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"

	"github.com/tyg-dev/tyg/internal/deploy/plan"
)

// Options select events of the log. The zero value selects all.
type Options struct {
	// Functions are the logical names of functions; none means all deployed functions.
	Functions []string

	// Since is the time of the first event. The zero time means the beginning of the log; with Follow,
	// ten minutes ago.
	Since time.Time

	// Newest, if not 0, limits the existing events to the last ones.
	Newest int

	// Filter is a pattern of CloudWatch Logs, such as "ERROR"; empty matches everything
	// (https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html).
	Filter string

	// LambdaMessages includes the events in which Lambda reports the start, the end and the cost of
	// each invocation.
	LambdaMessages bool

	// Follow waits for more events, until the context ends.
	Follow bool
}

// An Event is one message in the log of a function. It may have several lines.
type Event struct {
	Time     time.Time `json:"time"`     // in UTC
	Function string    `json:"function"` // its logical name
	Stream   string    `json:"stream"`   // one for each process that Lambda runs
	ID       string    `json:"id"`
	Message  string    `json:"message"` // without the white space at its end
}

// A Reader reads the logs of some functions.
type Reader struct {
	client
	plan.Waiter
	options   Options
	functions []plan.Resource
}

// NewReader returns a reader for functions of the state file.
func NewReader(cfg aws.Config, w plan.Waiter, functions []plan.Resource, o Options) *Reader {
	return &Reader{client{cloudwatchlogs.NewFromConfig(cfg)}, w, o, functions}
}

// Events returns the log, the oldest event first. It ends with the first error, which is that of
// the context if Follow is set. A function that has not logged anything has no events.
func (l *Reader) Events(ctx context.Context) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		err := l.read(ctx, func(e Event) bool { return !l.wanted(e) || yield(e, nil) })
		if err != nil && !errors.Is(err, errEnough) {
			yield(Event{}, err)
		}
	}
}

// errEnough means that the caller has stopped the iteration.
var errEnough = errors.New("enough")

// read yields events, including those of Lambda.
func (l *Reader) read(ctx context.Context, yield func(Event) bool) error {
	if l.options.Follow {
		return l.follow(ctx, yield)
	}
	if l.options.Newest == 0 {
		return yieldAll(l.between(ctx, l.options.Since, time.Time{}), yield)
	}
	events, err := l.newest(ctx)
	if err != nil {
		return err
	}
	return yieldAll(withoutErrors(events), yield)
}

// wanted reports whether the options select an event: most exclude the reports of Lambda.
// (https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-view.html)
func (l *Reader) wanted(e Event) bool {
	if l.options.LambdaMessages {
		return true
	}
	for _, prefix := range []string{
		"START RequestId: ", "END RequestId: ", "REPORT RequestId: ",
		"INIT_START ", "INIT_REPORT ", "RESTORE_START ", "RESTORE_REPORT ",
	} {
		if strings.HasPrefix(e.Message, prefix) {
			return false
		}
	}
	return true
}

// yieldAll yields events until the first error.
func yieldAll(events iter.Seq2[Event, error], yield func(Event) bool) error {
	for e, err := range events {
		if err != nil {
			return err
		}
		if !yield(e) {
			return errEnough
		}
	}
	return nil
}

func withoutErrors(list []Event) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		for _, e := range list {
			if !yield(e, nil) {
				return
			}
		}
	}
}
