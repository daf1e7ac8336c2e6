package conformance

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/http"
	"runtime"
	"time"
)

// A trial is one run of a case. Its methods fail the case by themselves and then do not return, as
// those of a testing.T do, so that a case reads as a list of what should happen.
type trial struct {
	ctx      context.Context
	target   *Target
	client   *http.Client
	endpoint Endpoint // where this case takes place

	*verdict
}

// A verdict is what came of a trial so far. The copies of a trial that only differ in patience
// share it.
type verdict struct {
	outcome Outcome
	detail  string
	closers []func()
}

// aside returns a trial for another goroutine of the same case, which has to end it. Its failure
// is its own.
func (t *trial) aside() *trial {
	other := *t
	other.verdict = new(verdict)
	return &other
}

// failf fails the case and ends its goroutine.
func (t *trial) failf(format string, args ...any) {
	t.outcome, t.detail = Failed, fmt.Sprintf(format, args...)
	runtime.Goexit()
}

// check fails the case if err is not nil.
func (t *trial) check(doing string, err error) {
	if err != nil {
		t.failf("%s: %v", doing, err)
	}
}

// equal fails the case if got is not want.
func (t *trial) equal(what string, got, want any) {
	if got != want {
		t.failf("%s: got %s, want %s", what, show(got), show(want))
	}
}

// saw notes what a case that is not judged has seen.
func (t *trial) saw(format string, args ...any) { t.detail = fmt.Sprintf(format, args...) }

// show prints a value so that it can be told from others, and does not print all of a long one.
func show(v any) string {
	const most = 300
	text := fmt.Sprintf("%#v", v)
	if len(text) > most {
		text = fmt.Sprintf("%s… (%d bytes)", text[:most], len(text))
	}
	return text
}

// onEnd makes f run when the case has ended.
func (t *trial) onEnd(f func()) { t.closers = append(t.closers, f) }

func (t *trial) end() {
	for _, f := range t.closers {
		f()
	}
}

// patient returns a context for something that should happen at once.
func (t *trial) patient() (context.Context, context.CancelFunc) {
	return context.WithTimeout(t.ctx, t.target.Patience)
}

// scaled is how long a time of API Gateway takes at the endpoint.
func (t *trial) scaled(d time.Duration) time.Duration {
	return time.Duration(float64(d) / t.target.TimeScale)
}

// wait lets time pass, which is what some cases are about.
func (t *trial) wait(d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-t.ctx.Done():
		t.failf("the case took too long")
	}
}

func (t *trial) tls() *tls.Config {
	if t.target.TLS == nil {
		return new(tls.Config)
	}
	return t.target.TLS.Clone()
}
