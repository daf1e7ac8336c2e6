package functions

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"time"
)

const (
	// maxAsync is how large an event of Enqueue may be, in bytes.
	// (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html)
	maxAsync = 1 << 20

	// retries is how often an event of Enqueue is tried again after a failure.
	// (https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html)
	retries = 2
)

// Enqueue has a function handle one event later and returns at once, with the id of the event. An
// event that fails is tried again twice, see [Host.RetryDelay], so it may be handled more than
// once. The payload is copied and may be 1 MB at most.
//
// Enqueue fails with [ErrThrottled] if too many events wait already. Events that wait when the Host
// shuts down are dropped.
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
	h.work.Go(func() { h.invokeWithRetries(inv) }) // ends with h.lifetime at the latest
	return inv.RequestID, nil
}

// invokeWithRetries invokes a function until it succeeds, or has failed too often.
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
				Detail: fmt.Sprintf("its event was dropped after %d attempts: %v", n+1, err),
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
