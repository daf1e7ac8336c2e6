// Package conformance checks that an endpoint behaves like Amazon API Gateway's WebSocket APIs.
//
// The endpoint has to run the probe application (examples/probe); [Run] connects to it, tells it
// what to do, calls its @connections API, and compares what happens with what is known of API
// Gateway:
//
//	report, err := conformance.Run(ctx, conformance.Target{
//		Endpoint: conformance.Endpoint{URL: "wss://example.com/api"},
//	}, "")
//
// What is documented or was seen at API Gateway is judged: a [Case] passes or fails. Where
// nobody knows what API Gateway does, the case only notes what the endpoint did, so that the
// same run against AWS settles the question. Frames are judged by RFC 6455 and RFC 7692.
//
// The suite uses nothing of the gateway that it was written beside, except for a WebSocket
// client and for signatures.
package conformance
