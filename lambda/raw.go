package lambda

import (
	"context"
	"encoding/json"
)

type rawKey struct{}

// Raw returns the JSON of the event that is being handled, or nil if ctx is not that of an event
// inside Lambda. It has the fields that tyg.Event lacks. It is valid until the handler returns and
// must not be changed; copy what you keep.
func Raw(ctx context.Context) json.RawMessage {
	raw, _ := ctx.Value(rawKey{}).(json.RawMessage)
	return raw
}

func withRaw(ctx context.Context, payload []byte) context.Context {
	return context.WithValue(ctx, rawKey{}, json.RawMessage(payload))
}
