package local

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/tyg-dev/tyg/cmd/internal/project"
	"github.com/tyg-dev/tyg/internal/dynamodb"
	"github.com/tyg-dev/tyg/internal/functions"
	"github.com/tyg-dev/tyg/internal/triggerevent"
)

// defaultBatch is how many changes a function gets at once.
// (https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html)
const defaultBatch = 100

// How long a reader waits before it hands over changes again, and before it looks again for a table
// that is not there.
const (
	firstRetry = time.Second
	lastRetry  = 30 * time.Second
	lookAgain  = time.Second
)

// A streamReader hands the changes of a table to a function, as Lambda does: in their order, and
// from the first one that failed again, until the function takes it. The position outlives runs, so
// that a reload loses nothing.
type streamReader struct {
	engine  *dynamodb.Server
	table   string
	batch   int
	pattern triggerevent.Pattern

	invoke func(ctx context.Context, event []byte) (reply []byte, err error)
	// told is called with what became of each batch.
	told func(took time.Duration, err error)

	at dynamodb.Position
}

// run reads until ctx ends.
func (r *streamReader) run(ctx context.Context) {
	retry := firstRetry
	for ctx.Err() == nil {
		b, err := r.engine.Changes(r.table, r.at, r.batch)
		if b.Lost > 0 {
			r.told(0, fmt.Errorf("%d changes of table %s are too old, or too many to be kept: "+
				"they are lost", b.Lost, r.table))
		}
		switch {
		case err != nil || b.More == nil:
			sleep(ctx, lookAgain, nil)
		case len(b.Records) == 0:
			r.at = b.Next
			sleep(ctx, lastRetry, b.More)
		case r.hand(ctx, b, retry):
			retry = firstRetry
		default:
			sleep(ctx, retry, nil)
			retry = min(2*retry, lastRetry)
		}
	}
}

// sleep waits for a time, for a channel that is closed, or for the end of ctx.
func sleep(ctx context.Context, d time.Duration, more <-chan struct{}) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	case <-more:
	}
}

// hand hands a batch to the function, and reports whether all of it was taken. What was not comes
// again after retry.
func (r *streamReader) hand(ctx context.Context, b dynamodb.Batch, retry time.Duration) bool {
	var kept []string
	for _, record := range b.Records {
		if r.pattern.Matches(record) {
			kept = append(kept, string(record))
		}
	}
	if kept == nil {
		r.at = b.Next
		return true
	}
	start := time.Now()
	reply, err := r.invoke(ctx, []byte(`{"Records":[`+strings.Join(kept, ",")+`]}`))
	if ctx.Err() != nil {
		return false // the next run hands it over again
	}
	if err != nil {
		r.told(time.Since(start), err)
		return false
	}
	failed := triggerevent.Failures(reply)
	if len(failed) == 0 {
		r.at = b.Next
		r.told(time.Since(start), nil)
		return true
	}
	first, left := r.first(b, failed)
	r.at = first
	r.told(time.Since(start),
		fmt.Errorf("%d of %d changes come again in %v", left, len(b.Records), retry))
	return false
}

// first returns the position of the first change that failed, and how many changes there are from
// it on. An id that is no change of the batch means all of it, as on AWS.
// (https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html)
func (r *streamReader) first(
	b dynamodb.Batch, failed []string,
) (at dynamodb.Position, left int) {
	n := len(b.Sequences)
	for _, id := range failed {
		i := -1
		for k, sequence := range b.Sequences {
			if sequence == id {
				i = k
			}
		}
		if i < 0 {
			return r.at, len(b.Sequences)
		}
		n = min(n, i)
	}
	at, _ = b.At(b.Sequences[n])
	return at, len(b.Sequences) - n
}

// readStream reads the stream of a table of the project until ctx ends.
func (s *server) readStream(ctx context.Context, name string, t source) (note string, err error) {
	if t.Table == "" || s.tables.engine == nil {
		return invokeNote(name), nil
	}
	b, err := s.tables.engine.Changes(t.Table, dynamodb.Position{}, 0)
	if err == nil && b.More == nil {
		err = fmt.Errorf("table %s has no stream: give it \"stream_view_type\" in %s, such as "+
			"\"NEW_AND_OLD_IMAGES\"", t.Table, project.ConfigPath)
	}
	if err != nil {
		return "", err
	}
	pattern, err := triggerevent.ParsePattern(t.Pattern())
	if err != nil {
		return "", err
	}
	if s.sourcesOn.readers == nil {
		s.sourcesOn.readers = make(map[string]*streamReader)
	}
	r := s.sourcesOn.readers[name]
	if r == nil || r.table != t.Table {
		r = &streamReader{
			engine: s.tables.engine, table: t.Table,
			invoke: func(ctx context.Context, event []byte) ([]byte, error) {
				result, err := s.host.Invoke(ctx, functions.Invocation{Function: name, Payload: event})
				return result.Payload, err
			},
			told: func(took time.Duration, err error) { s.out.trigger(name, took, err) },
		}
		s.sourcesOn.readers[name] = r
	}
	r.batch, r.pattern = t.BatchSize, pattern
	if r.batch == 0 {
		r.batch = defaultBatch
	}
	s.sourcesOn.done.Go(func() { r.run(ctx) }) // ends with ctx
	return fmt.Sprintf("trigger %s reads the stream of table %s", name, t.Table), nil
}

// invokeNote says how a trigger without a source of its own gets events.
func invokeNote(name string) string {
	return fmt.Sprintf("trigger %s gets events by: tyg invoke --local --name %[1]s EVENT.json", name)
}

// streamTable returns the name of the table of the project whose stream a trigger reads: by its key
// in the configuration, by its name, or by the ARN of its stream. It is "" for other tables.
func streamTable(t project.TriggerConfig, s project.StageConfig, prefix string) string {
	name := t.DynamoDB
	if _, rest, ok := strings.Cut(name, ":table/"); ok {
		name, _, _ = strings.Cut(rest, "/stream/")
	}
	for logical, table := range s.Tables {
		if have := localName(table, logical, prefix); name != "" && (name == logical || name == have) {
			return have
		}
	}
	return ""
}
