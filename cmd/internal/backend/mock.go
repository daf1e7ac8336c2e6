package backend

import (
	"context"
	"encoding/json"
)

// mock is a mock integration: it answers each event with one body.
type mock string

// Invoke returns the body, with the status that accepts a handshake.
func (m mock) Invoke(context.Context, []byte) ([]byte, error) {
	return json.Marshal(map[string]any{"statusCode": 200, "body": string(m)})
}
