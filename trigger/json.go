package trigger

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/tyg-dev/tyg"
)

// JSON returns a handler that decodes events to In and encodes what fn returns. In may be a type of
// github.com/aws/aws-lambda-go/events. An event that is not of this type is an error.
func JSON[In, Out any](fn func(context.Context, In) (Out, error)) tyg.TriggerFunc {
	return func(ctx context.Context, event json.RawMessage) (any, error) {
		var in In
		if err := json.Unmarshal(event, &in); err != nil {
			return nil, fmt.Errorf("decode event: %w", err)
		}
		return fn(ctx, in)
	}
}
