package lambda

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/internal/authorize"
	"github.com/tyg-dev/tyg/internal/hostapi"
)

// A Host calls a Handler with the events that it is invoked with. [Run] makes one and invokes it
// with what Lambda's Runtime API hands out. A program that needs the runtime of aws-lambda-go, for
// its options or for what wraps a function, gives it the Host: Invoke is the method that it
// expects. A Host may be used by many goroutines at once.
type Host struct {
	handler    tyg.Handler
	senders    senders
	shared     shared
	authorizer *tyg.Authorizer
	self       func(ctx context.Context, payload []byte) error // nil: the Handler wants no open event
	invokeSelf func(ctx context.Context, payload []byte) error // nil if it cannot
	groups     *tableGroups                                    // nil if there is no table
	trigger    string                                          // empty: it is called for connections
	timeout    time.Duration
	log        *slog.Logger
}

// NewHost returns a Host that calls h.
func NewHost(h tyg.Handler, cfg Config) (*Host, error) {
	host := &Host{
		handler: h, invokeSelf: cfg.Self, trigger: cfg.Trigger, timeout: cfg.Timeout, log: cfg.Logger,
	}
	switch {
	case host.timeout == 0:
		host.timeout = defaultTimeout
	case host.timeout < 0:
		host.timeout = maxTimeout
	}
	if host.log == nil {
		host.log = slog.Default()
	}
	if err := host.senders.open(cfg.SenderConfig); err != nil {
		return nil, fmt.Errorf("lambda: %w", err)
	}
	d := tyg.Describe(h)
	host.authorizer = d.Authorizer
	if d.Open {
		if host.self = cfg.Self; host.self == nil {
			return nil, errors.New("lambda: the application has OnOpen, for which the function invokes " +
				"itself; set Config.Self")
		}
	}
	// Its identity sources are read for each request, with the stage variables of that; here they
	// are only checked.
	if _, err := authorize.New(host.authorizer, nil); err != nil {
		return nil, fmt.Errorf("lambda: %w", err)
	}
	var err error
	if host.shared, err = openShared(host, cfg); err != nil {
		return nil, fmt.Errorf("lambda: %w", err)
	}
	tyg.Bind(h, boundHost{host.reach(host.senders.outside()), host.shared})
	return host, nil
}

// Invoke handles one invocation: an event of a WebSocket API, a question to the authorizer, the
// function's own call for OnOpen or for a share of a large group, that of a gateway of tyg for
// OnLeave, or an event of a trigger. They are told apart by their shape, so one function may be
// all; only with [Config].Trigger every other event is one of that trigger. It returns the JSON
// that the caller expects, and an error if the handler failed or the payload is none of these.
// Nothing of payload is used after it has returned.
func (h *Host) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	if h.trigger != "" && !isShard(payload) {
		return h.handleTrigger(ctx, payload)
	}
	if arn := methodARN(payload); arn != "" {
		return h.authorize(ctx, payload, arn)
	}
	if connect, ok := unsealOpen(payload); ok {
		h.open(withRaw(ctx, connect), connect)
		return []byte("null"), nil
	}
	if hostapi.IsLeave(payload) {
		return h.leave(ctx, payload)
	}
	if isShard(payload) {
		h.sendShard(ctx, payload)
		return []byte("null"), nil
	}
	return h.handle(withRaw(ctx, payload), payload)
}
