package natskv

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// patience is how long a call waits for NATS at most: longer than a bucket is without a leader
// after its leader died, which was seen to take 5 to 12 s.
const patience = 15 * time.Second

// Why a call ends that was not answered.
var (
	errSlow = fmt.Errorf("no answer from NATS in %v", patience)
	errLost = errors.New("the connection to NATS was lost")
)

// calls are the calls under way that talk to NATS. What was asked over a connection that is lost
// is never answered.
type calls struct {
	mu     sync.Mutex
	aborts map[*call]struct{} // guarded by mu
}

type call struct{ abort context.CancelCauseFunc }

// begin returns the context of a call, which end must end.
func (c *calls) begin(ctx context.Context) (_ context.Context, end func(), err error) {
	if err := ctx.Err(); err != nil {
		return nil, nil, err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, patience, errSlow)
	ctx, abort := context.WithCancelCause(ctx)
	this := &call{abort}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.aborts == nil {
		c.aborts = make(map[*call]struct{})
	}
	c.aborts[this] = struct{}{}
	return ctx, func() { c.end(this, cancel) }, nil
}

func (c *calls) end(this *call, cancel context.CancelFunc) {
	c.mu.Lock()
	delete(c.aborts, this)
	c.mu.Unlock()
	this.abort(nil)
	cancel()
}

// abort ends all calls, as the connection is lost.
func (c *calls) abort() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for this := range c.aborts {
		this.abort(errLost)
	}
}

// failure returns the error of a call to NATS. The client reports the end of a context in words of
// its own.
func failure(ctx context.Context, what string, err error) error {
	if ctx.Err() != nil && !errors.Is(err, context.Cause(ctx)) {
		err = fmt.Errorf("%w (%w)", context.Cause(ctx), err)
	}
	return fmt.Errorf("%s: %w", what, err)
}
