package natskv

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
)

// callTimeout is how long a call waits for NATS: longer than the election of a new leader takes,
// which was measured at 5 to 12 s.
const callTimeout = 15 * time.Second

// The causes of the end of a call that was not answered.
var (
	errTimeout = fmt.Errorf("no answer from NATS in %v", callTimeout)
	errLost    = errors.New("the connection to NATS was lost")
	errAway    = errors.New("there is no connection to NATS at the moment")
)

// calls are the calls to NATS that are under way. When a connection is lost, its requests are never
// answered, so the calls must be aborted.
type calls struct {
	mu     sync.Mutex
	aborts map[*call]struct{} // guarded by mu
}

type call struct{ abort context.CancelCauseFunc }

// begin returns the context of a call. The caller must call end.
func (c *calls) begin(ctx context.Context) (_ context.Context, end func(), err error) {
	if err := ctx.Err(); err != nil {
		return nil, nil, err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, callTimeout, errTimeout)
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

// abort ends all calls with errLost.
func (c *calls) abort() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for this := range c.aborts {
		this.abort(errLost)
	}
}

// callError returns the error of a call to NATS. The NATS client reports the end of a context with
// an error of its own, so callError adds the context's cause. While it reconnects, it says that its
// buffer is full, because it has none.
func callError(ctx context.Context, what string, err error) error {
	if errors.Is(err, nats.ErrReconnectBufExceeded) {
		err = errAway
	}
	if ctx.Err() != nil && !errors.Is(err, context.Cause(ctx)) {
		err = fmt.Errorf("%w (%w)", context.Cause(ctx), err)
	}
	return fmt.Errorf("%s: %w", what, err)
}
