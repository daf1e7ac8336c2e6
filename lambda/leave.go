package lambda

import (
	"context"
	"time"

	"github.com/tyg-dev/tyg/internal/hostapi"
)

// leave handles what a gateway of tyg says of a connection that has ended: it has left a group.
func (h *Host) leave(ctx context.Context, payload []byte) ([]byte, error) {
	e, raw, err := hostapi.ReadLeave(payload)
	if err != nil {
		h.log.ErrorContext(ctx, "event not understood", "err", err)
		return nil, err
	}
	e.Conn.Sender = h.reach(h.senders.of(e.Conn))
	start := time.Now()
	if _, err := h.call(withRaw(ctx, raw), e); err != nil {
		h.log.ErrorContext(ctx, "handler failed", eventAttrs(e, start, err)...)
		return nil, err
	}
	return []byte("null"), nil
}
