package deploy

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"
)

// LogsOptions say which lines of the log are wanted. The zero value wants all there are.
type LogsOptions struct {
	// Functions are the logical names of functions; none means all that are deployed.
	Functions []string

	// Since is the time of the first line. The zero time is the beginning of the log; with Follow, it
	// is ten minutes ago.
	Since time.Time

	// Newest, if not 0, is how many lines are wanted of those that are there: the last ones.
	Newest int

	// Filter is a pattern of CloudWatch Logs, such as "ERROR"; empty matches everything
	// (https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html).
	Filter string

	// LambdaMessages keeps the lines in which Lambda reports the start, the end and the cost of each
	// invocation.
	LambdaMessages bool

	// Follow waits for more lines, until the context ends.
	Follow bool
}

// A LogEvent is one message in the log of a function, which may have several lines.
type LogEvent struct {
	Time     time.Time `json:"time"`     // in UTC
	Function string    `json:"function"` // its logical name
	Stream   string    `json:"stream"`   // one for each process that Lambda runs
	ID       string    `json:"id"`
	Message  string    `json:"message"` // without the white space at its end
}

// Logs returns the log of the functions that the state file knows, the oldest event first. It ends
// with the first error, which is that of the context if Follow is set. A function that has not
// logged anything has no events.
func (d *Deployer) Logs(ctx context.Context, o LogsOptions) iter.Seq2[LogEvent, error] {
	return func(yield func(LogEvent, error) bool) {
		l := &logReader{Cloud: d.Cloud, options: o}
		err := l.find(d)
		if err == nil {
			err = l.read(ctx, func(e LogEvent) bool { return !l.wanted(e) || yield(e, nil) })
		}
		if err != nil && !errors.Is(err, errEnough) {
			yield(LogEvent{}, explain(err, d.Cloud.Account))
		}
	}
}

// errEnough means that nobody wants more events.
var errEnough = errors.New("enough")

// A logReader reads the logs of some functions.
type logReader struct {
	*Cloud
	options   LogsOptions
	functions []Resource
}

// find looks the functions up in the state file.
func (l *logReader) find(d *Deployer) error {
	state, err := d.state()
	if err != nil {
		return err
	}
	all := state.Of(TypeFunction)
	if len(all) == 0 {
		return fmt.Errorf("%s has no functions: nothing is deployed", d.StateFile)
	}
	var known []string
	for _, fn := range all {
		known = append(known, fn.Name)
		if len(l.options.Functions) == 0 || slices.Contains(l.options.Functions, fn.Name) {
			l.functions = append(l.functions, fn)
		}
	}
	for _, name := range l.options.Functions {
		if !slices.Contains(known, name) {
			return fmt.Errorf("there is no function %q; there is %s", name, strings.Join(known, ", "))
		}
	}
	return nil
}

// read passes events on, also those of Lambda.
func (l *logReader) read(ctx context.Context, yield func(LogEvent) bool) error {
	if l.options.Follow {
		return l.follow(ctx, yield)
	}
	if l.options.Newest == 0 {
		return each(l.between(ctx, l.options.Since, time.Time{}), yield)
	}
	events, err := l.newest(ctx)
	if err != nil {
		return err
	}
	return each(errorless(events), yield)
}

// wanted reports whether an event is more than Lambda's own report.
// (https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-view.html)
func (l *logReader) wanted(e LogEvent) bool {
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

// each passes events on until the first error.
func each(events iter.Seq2[LogEvent, error], yield func(LogEvent) bool) error {
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

func errorless(list []LogEvent) iter.Seq2[LogEvent, error] {
	return func(yield func(LogEvent, error) bool) {
		for _, e := range list {
			if !yield(e, nil) {
				return
			}
		}
	}
}
