package trigger

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"runtime/debug"

	"github.com/tyg-dev/tyg"
)

// A batch is an event with records of the type R.
type batch[R any] struct {
	Records []R `json:"Records"`
}

// records decodes an event whose records are from one source, such as "aws:sqs".
func records[R any](event json.RawMessage, source string, of func(R) string) ([]R, error) {
	var b batch[R]
	if err := json.Unmarshal(event, &b); err != nil {
		return nil, fmt.Errorf("decode event: %w", err)
	}
	if len(b.Records) == 0 {
		return nil, fmt.Errorf("the event has no Records of %s: the trigger has another source in "+
			"the configuration than in the program", source)
	}
	for _, r := range b.Records {
		if got := of(r); got != source {
			return nil, fmt.Errorf("the event is of %q, and the handler is for %q", got, source)
		}
	}
	return b.Records, nil
}

// failures is the reply that says which records are to be delivered again.
// (https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html)
type failures struct {
	Items []failedItem `json:"batchItemFailures"`
}

type failedItem struct {
	ID string `json:"itemIdentifier"`
}

func (f *failures) add(id string) { f.Items = append(f.Items, failedItem{id}) }

// try calls the handler of one record and logs its failure, which no caller sees. A panic counts as
// one.
func try(ctx context.Context, id string, handle func() error) (ok bool) {
	const failed = "record failed, and will be delivered again"
	defer func() {
		if v := recover(); v != nil {
			slog.ErrorContext(ctx, failed, "record", id, "err", &tyg.PanicError{Value: v},
				"stack", string(debug.Stack()))
		}
	}()
	err := handle()
	if err != nil {
		slog.ErrorContext(ctx, failed, "record", id, "err", err)
	}
	return err == nil
}
