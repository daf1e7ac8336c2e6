// Package tygotel traces and measures a tyg application with OpenTelemetry. It is a module of its
// own, so that applications without it neither download nor compile OpenTelemetry.
//
//	app := tyg.New("chat")
//	tygotel.Instrument(app, tygotel.Config{})
//
// Each event of a connection is a span: "connect", "open", "message ROUTE", "disconnect", "join"
// and "leave". A connect continues the trace of the handshake's header. Every other event begins a
// trace of its own with a link to the span of its connection's connect, because a connection may
// live for days and a trace should not. What a handler sends are children of its span, and calls of
// the @connections API carry the trace context, in both directions.
//
// It works with any host. On AWS Lambda, spans are exported before an invocation ends, and
// connections that another process has accepted are linked with [GroupLinks] only.
package tygotel
