package backend

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"

	"github.com/tyg-dev/tyg/internal/functions"
)

// named is the integration of an authorizer. At API Gateway the connection has its id when the
// authorizer is asked, and functions count on one; a functions.LambdaAuthorizer does not know it, so it is made up
// here.
type named struct{ functions.Integration }

// Invoke asks the authorizer.
func (n named) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	var event map[string]json.RawMessage
	if err := json.Unmarshal(payload, &event); err != nil {
		return nil, fmt.Errorf("decode question to authorizer: %w", err)
	}
	var request map[string]json.RawMessage
	if err := json.Unmarshal(event["requestContext"], &request); err != nil {
		return nil, fmt.Errorf("decode question to authorizer: %w", err)
	}
	var id string
	if json.Unmarshal(request["connectionId"], &id) == nil && id != "" {
		return n.Integration.Invoke(ctx, payload)
	}
	var random [11]byte
	_, _ = rand.Read(random[:]) // it never fails
	id = base64.URLEncoding.EncodeToString(random[:])
	// Maps and strings always have a JSON form.
	request["connectionId"], _ = json.Marshal(id)
	event["requestContext"], _ = json.Marshal(request)
	payload, _ = json.Marshal(event)
	return n.Integration.Invoke(ctx, payload)
}
