// Package conformance checks that an endpoint behaves like Amazon API Gateway's WebSocket APIs.
//
// The endpoint must run the probe application (examples/probe). [Run] connects to it, sends it
// commands, calls its @connections API, and compares the results with what is known of API Gateway:
//
//	report, err := conformance.Run(ctx, conformance.Target{
//		Endpoint: conformance.Endpoint{URL: "wss://example.com/api"},
//	}, "")
//
// Behaviour that AWS documents, or that was seen at API Gateway, is judged: a [Case] passes or
// fails. Where API Gateway's behaviour is not known, a case only notes what the endpoint did; the
// same run against AWS settles the question. Frames are judged by RFC 6455 and RFC 7692.
//
// The cases are in conformance/cases, and what they are written with is in conformance/harness.
// Neither uses the gateway, except for its WebSocket client and for signatures.
package conformance
