package functions

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"time"
)

const (
	// maxAsync is how large an event may be for which nobody waits, in bytes.
	// (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html)
	maxAsync = 1 << 20

	// retries is how often such an event is tried again.
	// (https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html)
	retries = 2
)

// Enqueue has a function handle one event some time and returns at once, with the id of the event.
// If the function fails, it is tried again twice, see [Host.RetryDelay]; so an event may be handled
// more than once. The payload is copied and may be 1 MB at most.
//
// It fails with [ErrThrottled] if too many events wait already. What waits when the Host shuts down
// is dropped.
func (h *Host) Enqueue(inv Invocation) (requestID string, err error) {
	if err := inv.check(maxAsync); err != nil {
		return inv.RequestID, err
	}
	if _, err := h.pool(inv.Function); err != nil {
		return inv.RequestID, err
	}
	inv.Payload = bytes.Clone(inv.Payload)
	inv.NoWait, inv.Tail = false, false
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return inv.RequestID, ErrShutdown
	}
	if h.pending >= h.queue() {
		return inv.RequestID, fmt.Errorf("enqueue for %q: %w", inv.Function, ErrThrottled)
	}
	h.pending++
	h.work.Go(func() { h.invokeWithRetries(inv) }) // ends with the Host's life at the latest
	return inv.RequestID, nil
}

// invokeWithRetries invokes until the function does not fail, or has failed too often.
func (h *Host) invokeWithRetries(inv Invocation) {
	defer func() {
		h.mu.Lock()
		h.pending--
		h.mu.Unlock()
	}()
	delay := cmp.Or(h.RetryDelay, time.Minute)
	for n := 0; ; n++ {
		_, err := h.Invoke(h.lifetime, inv)
		if err == nil || h.lifetime.Err() != nil || errors.Is(err, ErrNotFound) {
			return
		}
		if n == retries {
			h.warn(Warning{
				Kind: WarnRetriesExhausted, Function: inv.Function, RequestID: inv.RequestID,
				Detail: fmt.Sprintf("it was given up after %d attempts: %v", n+1, err),
			})
			return
		}
		select {
		case <-time.After(delay << n):
		case <-h.lifetime.Done():
			return
		}
	}
}
