package tyg

import (
	"context"
	"net/http"
	"slices"
)

// UseHost adds wrap around the host that [App.Sender], groups, values and calls of the @connections
// API reach, for tracing and the like. It does not see what handlers send by their [Conn], whose
// Sender is the host itself; middleware can give them a copy. What is added first is outermost. Add
// everything before a host runs the App.
func (a *App) UseHost(wrap func(Host) Host) {
	if wrap == nil {
		panic("tyg: nil wrap")
	}
	a.wraps = append(a.wraps, wrap)
}

// Bound returns the host as a reaches it, with all that [App.UseHost] has put around it, or nil
// before Bind.
func (a *App) Bound() Host {
	host, _ := a.bound()
	return host
}

func (a *App) wrap(host Host) Host {
	for _, w := range slices.Backward(a.wraps) {
		host = w(host)
	}
	return host
}

// Bound returns host as h reaches it, if it was bound and has the method Bound() Host, as [App]
// has. Gateways send by it what calls of their API ask for.
func Bound(h Handler, host Host) Host {
	if b, ok := h.(interface{ Bound() Host }); ok {
		if own := b.Bound(); own != nil {
			return own
		}
	}
	return host
}

type injectorKey struct{}

// WithInjector returns a context with a function that adds to the header of each HTTP request that
// a host makes with it: the calls of @connections and Invoke of package lambda. Tracing adds the
// trace context there. The request is signed already, so that inject must not set a header that AWS
// reads, except for X-Amzn-Trace-Id.
func WithInjector(
	ctx context.Context, inject func(context.Context, http.Header),
) context.Context {
	return context.WithValue(ctx, injectorKey{}, inject)
}

// Inject calls the function of [WithInjector], if ctx has one, with ctx. Hosts call it.
func Inject(ctx context.Context, h http.Header) {
	if inject, ok := ctx.Value(injectorKey{}).(func(context.Context, http.Header)); ok {
		inject(ctx, h)
	}
}

type callerKey struct{}

// WithCaller returns a context with the header of a request for which a host is called, such as one
// of the @connections API, or with the trace context of a connection's handshake. Hosts call it.
func WithCaller(ctx context.Context, h http.Header) context.Context {
	return context.WithValue(ctx, callerKey{}, h)
}

// Caller returns the header of the request for which the host is called with ctx, and whether there
// is one: what [App.UseHost] has put around a host finds the trace context of the caller there. In
// the context of an event it is what a gateway has kept of the handshake: its "traceparent" and
// "tracestate". The header must not be changed.
func Caller(ctx context.Context) (http.Header, bool) {
	h, ok := ctx.Value(callerKey{}).(http.Header)
	return h, ok
}
