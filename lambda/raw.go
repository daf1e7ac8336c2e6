package lambda

import (
	"context"
	"encoding/json"
)

type rawKey struct{}

// Raw returns the event that is being handled as Lambda got it, or nil if ctx is not that of an
// event inside Lambda. It is for what tyg.Event has no place for. It is valid until the handler
// returns and must not be changed; copy what you keep.
func Raw(ctx context.Context) json.RawMessage {
	raw, _ := ctx.Value(rawKey{}).(json.RawMessage)
	return raw
}

func withRaw(ctx context.Context, payload []byte) context.Context {
	return context.WithValue(ctx, rawKey{}, json.RawMessage(payload))
}
