// Package harness runs the cases of a conformance run: a [Case] is a function of a [T], which
// connects clients to the probe application, calls its @connections API, and fails the case by
// itself if something else happens than the case expects.
package harness

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"time"
)

// IntegrationTimeout is how long API Gateway waits for a handler.
// (https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html)
const IntegrationTimeout = 29 * time.Second

// A T is one run of a case. Its methods fail the case by themselves and then do not return, like
// those of a testing.T, so that a case reads as a list of what should happen.
type T struct {
	Target   *Target
	Endpoint Endpoint // the deployment that this case uses

	ctx  context.Context
	http *http.Client

	*verdict
}

// A verdict is the outcome of a case so far. Copies of a T that differ only in patience share it.
type verdict struct {
	failed   bool
	detail   string
	cleanups []func()
}

// Run runs a case on a goroutine of its own, which a failure ends. detail says why the case failed,
// or what a case that is not judged has seen.
func Run(
	ctx context.Context, target *Target, client *http.Client, c Case,
) (failed bool, detail string) {
	slow := time.Duration(float64(c.Slow) / target.TimeScale)
	// A case waits for few things, each with patience.
	ctx, cancel := context.WithTimeout(ctx, 2*slow+6*target.Patience)
	defer cancel()
	t := &T{
		Target: target, Endpoint: target.Endpoint, ctx: ctx, http: client, verdict: new(verdict),
	}
	if c.Slow > 0 {
		t.Endpoint = target.Timed
	}
	if c.Needs&NeedsBare != 0 {
		t.Endpoint.URL = target.Bare
	}
	done := make(chan struct{})
	go func() { // Run waits for it
		defer close(done)
		defer t.End()
		c.Run(t)
	}()
	<-done
	return t.failed, t.detail
}

// Context returns the context of the case, which ends when the case has taken too long.
func (t *T) Context() context.Context { return t.ctx }

// Detail returns why the case failed, or what it noted.
func (t *T) Detail() string { return t.detail }

// Fork returns a T for another goroutine of the same case, which must call its End. Its failure is
// its own.
func (t *T) Fork() *T {
	other := *t
	other.verdict = new(verdict)
	return &other
}

// WithPatience returns a T that waits longer, by d, for what takes long.
func (t *T) WithPatience(d time.Duration) *T {
	target := *t.Target
	target.Patience += d
	long := *t
	long.Target = &target
	return &long
}

// Failf fails the case and ends its goroutine.
func (t *T) Failf(format string, args ...any) {
	t.failed, t.detail = true, fmt.Sprintf(format, args...)
	runtime.Goexit()
}

// Check fails the case if err is not nil.
func (t *T) Check(doing string, err error) {
	if err != nil {
		t.Failf("%s: %v", doing, err)
	}
}

// Equal fails the case if got is not want.
func (t *T) Equal(what string, got, want any) {
	if got != want {
		t.Failf("%s: got %s, want %s", what, Show(got), Show(want))
	}
}

// Note records what a case that is not judged has seen.
func (t *T) Note(format string, args ...any) { t.detail = fmt.Sprintf(format, args...) }

// Show formats a value as Go syntax, and shortens a long one.
func Show(v any) string {
	const most = 300
	text := fmt.Sprintf("%#v", v)
	if len(text) > most {
		whole := strings.ToValidUTF8(text[:most], "") // maybe without a part of a character
		text = fmt.Sprintf("%s… (%d bytes)", whole, len(text))
	}
	return text
}

// onEnd makes f run when the case has ended.
func (t *T) onEnd(f func()) { t.cleanups = append(t.cleanups, f) }

// End closes all connections of the case.
func (t *T) End() {
	for _, f := range t.cleanups {
		f()
	}
}

// timeout returns a context for something that should happen at once.
func (t *T) timeout() (context.Context, context.CancelFunc) {
	return context.WithTimeout(t.ctx, t.Target.Patience)
}

// Scaled converts a time of API Gateway to the endpoint's time.
func (t *T) Scaled(d time.Duration) time.Duration {
	return time.Duration(float64(d) / t.Target.TimeScale)
}

// Wait sleeps for d.
func (t *T) Wait(d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-t.ctx.Done():
		t.Failf("the case took too long")
	}
}

func (t *T) tls() *tls.Config {
	if t.Target.TLS == nil {
		return new(tls.Config)
	}
	return t.Target.TLS.Clone()
}
