package lambda

import (
	"bytes"
	"context"
	"errors"
	"os"
	"strconv"
	"sync"

	"github.com/tyg-dev/tyg"
)

// Run serves a Handler inside Lambda, with the authorizer that tyg.Describe finds, and binds it to
// the Sender of the API.
//
// Run handles events until Lambda ends the process. It returns an error if cfg makes no sense, and
// tells Lambda the same, or when the Runtime API fails. The process should then end, as log.Fatal
// ends it: Lambda starts another.
func Run(h tyg.Handler, cfg Config) error {
	address := os.Getenv(runtimeVariable)
	host, err := NewHost(h, cfg)
	if err == nil && address == "" {
		return errors.New(runtimeVariable + " is not set: this program does not run inside AWS Lambda")
	}
	if err != nil {
		FailInit(err)
		return err
	}
	parallel := maxConcurrency(os.Getenv)
	if cfg.direct == nil || parallel > 1 {
		return host.serve(newRuntimeAPI(address, parallel), parallel)
	}
	api, err := newHostRuntime(address)
	if err != nil {
		return err
	}
	return host.serve(api, 1)
}

// An eventSource hands out events and takes their replies.
type eventSource interface {
	next(ctx context.Context, buf *bytes.Buffer) (invocation, error)
	respond(id string, reply []byte) error
	fail(id string, failed error) error
}

// FailInit tells Lambda why this process cannot handle events. Lambda writes it to the log of the
// function, and shows it to a caller who invokes the function. Call it when a program cannot start,
// before the program ends; Run calls it by itself. Outside of Lambda it does nothing. It waits for
// a second at most.
// (https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html#runtimes-api-initerror)
func FailInit(err error) {
	if address := os.Getenv(runtimeVariable); address != "" {
		newRuntimeAPI(address, 1).failInit(err)
	}
}

// maxConcurrency returns how many events Lambda hands to the process at once: one, except on Lambda
// Managed Instances.
// (https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html#runtimes-custom-managed-instances)
func maxConcurrency(getenv func(string) string) int {
	n, _ := strconv.Atoi(getenv("AWS_LAMBDA_MAX_CONCURRENCY")) // usually not set
	return max(n, 1)
}

// serve handles as many events at once as Lambda hands out, until the Runtime API fails.
func (h *Host) serve(api eventSource, parallel int) error {
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	var loops sync.WaitGroup
	for range parallel {
		// Each ends when the Runtime API fails, or when another has ended; they are waited for below.
		loops.Go(func() { cancel(h.loop(ctx, api, parallel)) })
	}
	loops.Wait()
	return context.Cause(ctx)
}

// loop handles one event after the other.
func (h *Host) loop(ctx context.Context, api eventSource, parallel int) error {
	var buf bytes.Buffer // of the payload, which no handler uses after its end
	for {
		inv, err := api.next(ctx, &buf)
		if err != nil {
			return err
		}
		if parallel == 1 {
			// AWS SDKs and X-Ray look for it there.
			// (https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html)
			_ = os.Setenv("_X_AMZN_TRACE_ID", inv.traceID) // without it a trace has a gap
		}
		if err := h.answer(api, inv); err != nil {
			return err
		}
	}
}

// answer handles an event and hands in what came of it.
func (h *Host) answer(api eventSource, inv invocation) error {
	//lint:ignore SA1029 the X-Ray SDK looks for the trace id under this key
	ctx := context.WithValue(context.Background(), traceKey, inv.traceID)
	ctx = withRequestID(ctx, inv.id)
	deadline, err := parseDeadline(inv.deadline)
	if err != nil {
		h.log.ErrorContext(ctx, "event not understood", "err", err)
		return api.fail(inv.id, err)
	}
	ctx, cancel := context.WithDeadline(ctx, deadline)
	defer cancel()
	reply, err := h.Invoke(ctx, inv.payload)
	if err != nil {
		return api.fail(inv.id, err)
	}
	return api.respond(inv.id, reply)
}
