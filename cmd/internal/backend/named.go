package backend

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"

	"github.com/tyg-dev/tyg/internal/functions"
)

// withConnectionID is the integration of an authorizer. API Gateway sends the id of the connection
// to authorizers, and functions rely on one; package functions does not have it, so Invoke makes
// one up.
type withConnectionID struct{ functions.Integration }

// Invoke calls the authorizer.
func (w withConnectionID) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	var event map[string]json.RawMessage
	if err := json.Unmarshal(payload, &event); err != nil {
		return nil, fmt.Errorf("decode authorizer request: %w", err)
	}
	var request map[string]json.RawMessage
	if err := json.Unmarshal(event["requestContext"], &request); err != nil {
		return nil, fmt.Errorf("decode authorizer request: %w", err)
	}
	var id string
	if json.Unmarshal(request["connectionId"], &id) == nil && id != "" {
		return w.Integration.Invoke(ctx, payload)
	}
	var random [11]byte
	_, _ = rand.Read(random[:]) // it never fails
	id = base64.URLEncoding.EncodeToString(random[:])
	// Maps and strings always have a JSON form.
	request["connectionId"], _ = json.Marshal(id)
	event["requestContext"], _ = json.Marshal(request)
	payload, _ = json.Marshal(event)
	return w.Integration.Invoke(ctx, payload)
}
