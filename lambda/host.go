package lambda

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	runtime "github.com/aws/aws-lambda-go/lambda"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/internal/authorize"
)

// Run serves a Handler inside Lambda, with the authorizer that tyg.Describe finds, and binds it to
// the Sender of the API.
//
// Run returns an error if cfg makes no sense. Else it does not return: it handles events until
// Lambda ends the process, or ends it itself, with a line in the log, when Lambda's Runtime API
// does not answer.
func Run(h tyg.Handler, cfg Config) error {
	host, err := NewHost(h, cfg)
	if err != nil {
		return err
	}
	runtime.StartWithOptions(host)
	return nil
}

// A Host calls a Handler with the events that it is invoked with. It has the method that
// aws-lambda-go and most things around it expect of a function; [Run] is for those who wrap nothing
// around it. It may be used by many goroutines at once.
type Host struct {
	handler    tyg.Handler
	senders    senders
	authorizer *tyg.Authorizer
	self       func(ctx context.Context, payload []byte) error // nil: the Handler wants no open event
	timeout    time.Duration
	log        *slog.Logger
}

var _ runtime.Handler = (*Host)(nil)

// NewHost returns a Host that calls h.
func NewHost(h tyg.Handler, cfg Config) (*Host, error) {
	host := &Host{handler: h, timeout: cfg.Timeout, log: cfg.Logger}
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
	tyg.Bind(h, host.senders.outside())
	return host, nil
}

// Invoke handles one invocation: an event of a WebSocket API, a question to the authorizer, or the
// function's own call for OnOpen. They are told apart by their shape, so one function may be all. It returns the JSON that API Gateway
// expects, and an error if the handler failed or the payload is neither. Nothing of payload is used
// after it has returned.
func (h *Host) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	if arn := methodARN(payload); arn != "" {
		return h.authorize(ctx, payload, arn)
	}
	if connect, ok := unsealOpen(payload); ok {
		h.open(withRaw(ctx, connect), connect)
		return []byte("null"), nil
	}
	return h.handle(withRaw(ctx, payload), payload)
}
