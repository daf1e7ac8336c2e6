package connect

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/tyg-dev/tyg/cmd/internal/cli"
	"github.com/tyg-dev/tyg/internal/ws"
)

// The bounds of the time before another attempt: it doubles from the first to the longest.
const (
	firstPause   = 500 * time.Millisecond
	longestPause = 30 * time.Second
	steady       = 10 * time.Second // a connection that lasted so long makes it begin anew
)

// A lostError ends a connection, or an attempt at one, that --reconnect replaces.
type lostError struct{ err error }

func (e *lostError) Error() string { return e.err.Error() }

func (e *lostError) Unwrap() error { return e.err }

func canRetry(err error) bool {
	_, ok := errors.AsType[*lostError](err)
	return ok
}

// isTemporary reports whether a server closes with this code that will be back: it restarts
// (1001, 1012), has a fault (1011) or is full (1013).
func isTemporary(code int) bool {
	switch code {
	case ws.CloseGoingAway, ws.CloseInternalError, ws.CloseServiceRestart, ws.CloseTryAgainLater,
		ws.CloseBadGateway:
		return true
	}
	return false
}

// pause waits before another attempt, for any time up to the bound, so that the clients of a server
// that restarts do not all come at once.
func (c *run) pause(ctx context.Context, v view, attempt int, why error) error {
	bound := min(longestPause, firstPause<<min(attempt, 16))
	wait := rand.N(bound)
	again := fmt.Sprintf("connecting again in %v", wait.Round(10*time.Millisecond))
	if text := why.Error(); text != c.lost { // else it has been said
		c.lost = text
		again = text + "; " + again
	}
	v.notice(again)
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return cli.ErrInterrupted
	}
}
