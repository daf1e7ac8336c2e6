package probelib

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/apigw"
)

// maxEvent is the longest event in a Note, in bytes. The whole Note has to fit into a message.
const maxEvent = 48 << 10

// A Note is the probe's report of an event, as JSON.
type Note struct {
	// Event is the event as a Lambda function gets it. It is left out if it is over 48 KB.
	Event json.RawMessage `json:"event,omitempty"`

	// Bytes and SHA256 are those of the message.
	Bytes  int    `json:"bytes"`
	SHA256 string `json:"sha256,omitempty"`

	// Subprotocol is that of the connection.
	Subprotocol string `json:"subprotocol,omitempty"`

	// Result is the result of the action: "ok", "gone", "throttled", "too large", "not text", "invalid
	// id" or "failed". It is empty if the event has no action.
	Result string `json:"result,omitempty"`

	// SourceIP is the address of the other connection, for the action info.
	SourceIP string `json:"sourceIp,omitempty"`
}

// tell adds the event that is being handled to n and sends it to a connection.
func tell(ctx context.Context, c *tyg.Conn, to tyg.ConnID, n Note) error {
	e, ok := ctx.Value(eventKey{}).(tyg.Event)
	if !ok {
		return errors.New("the context has no event")
	}
	raw, err := apigw.MarshalEvent(e)
	if err != nil {
		return err
	}
	if len(raw) <= maxEvent {
		n.Event = raw
	}
	if e.Type == tyg.EventMessage {
		sum := sha256.Sum256(e.Message.Data)
		n.Bytes, n.SHA256 = len(e.Message.Data), hex.EncodeToString(sum[:])
	}
	n.Subprotocol = c.Subprotocol
	data, err := json.Marshal(n)
	if err != nil {
		return fmt.Errorf("encode note: %w", err)
	}
	return c.Sender.Send(ctx, to, data)
}

// result names an error of a Sender.
func result(err error) string {
	switch {
	case err == nil:
		return "ok"
	case errors.Is(err, tyg.ErrGone):
		return "gone"
	case errors.Is(err, tyg.ErrThrottled):
		return "throttled"
	case errors.Is(err, tyg.ErrTooLarge):
		return "too large"
	case errors.Is(err, tyg.ErrNotText):
		return "not text"
	case errors.Is(err, tyg.ErrInvalidID):
		return "invalid id"
	}
	return "failed"
}
