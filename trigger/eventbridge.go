package trigger

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/tyg-dev/tyg"
)

// An Event is one event of an EventBridge bus.
// (https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html)
type Event struct {
	ID         string          `json:"id"`
	DetailType string          `json:"detail-type"`
	Source     string          `json:"source"`
	Account    string          `json:"account"`
	Time       time.Time       `json:"time"`
	Region     string          `json:"region"`
	Resources  []string        `json:"resources"`
	Detail     json.RawMessage `json:"detail"`
}

// EventBridge returns a handler that calls fn for an event of a bus. If fn fails, Lambda tries
// twice more, after one minute and two.
func EventBridge(fn func(context.Context, Event) error) tyg.TriggerFunc {
	return func(ctx context.Context, event json.RawMessage) (any, error) {
		var e Event
		if err := json.Unmarshal(event, &e); err != nil {
			return nil, fmt.Errorf("decode event: %w", err)
		}
		if e.DetailType == "" {
			return nil, errors.New("the event has no detail-type: it is not of EventBridge; the " +
				"trigger has another source in the configuration than in the program")
		}
		return nil, fn(ctx, e)
	}
}

// Schedule returns a handler that calls fn at the times of a schedule. The time is that of the
// schedule, to the second on this machine and to the minute on AWS; fn runs a little later, and
// rarely twice for the same time. If fn fails, Lambda tries twice more.
func Schedule(fn func(context.Context, time.Time) error) tyg.TriggerFunc {
	return EventBridge(func(ctx context.Context, e Event) error { return fn(ctx, e.Time) })
}
