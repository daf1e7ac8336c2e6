package gateway

import "time"

// Extensions switches on what API Gateway does not do. An application that uses one of them is tied
// to this gateway. The zero value has none.
type Extensions struct {
	// Binary accepts binary messages and sends them, instead of refusing both. A POST to
	// @connections sends a binary message if its Content-Type is apigw.BinaryContentType. Not on
	// AWS.
	Binary bool

	// CloseCodes lets DELETE @connections say with what to close: ?code=4001&reason=bye. Not on
	// AWS.
	CloseCodes bool

	// Ping sends a ping to every client that was silent for this long, and cuts those from which
	// nothing comes for twice as long. Zero sends none. Not on AWS.
	Ping time.Duration

	// Concurrency is how many messages of one client may be handled at the same time. Zero means 1:
	// one after the other, in order. With more there is no order. API Gateway promises neither.
	Concurrency int
}
