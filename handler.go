package tyg

import "context"

// A Handler responds to the events of connections.
//
// A host calls Handle once for each event. For one connection the calls are in order and never
// overlap; for different connections they run at the same time. The event's Conn carries the Sender
// of the host, which reaches every connection, this one included, and stays usable after Handle has
// returned.
//
// The context ends when Handle returns, when the host's integration timeout passes (29 seconds at
// API Gateway), or when the host gives up waiting at shutdown. It does not end when the client
// leaves: a message that was accepted is worked through to its end.
//
// A returned error is the application's failure, not the host's: the host logs it and goes on. A
// panic counts as an error. Only from connect has the kind of error a meaning, see [Reject].
type Handler interface {
	Handle(ctx context.Context, e Event) (Reply, error)
}

// HandlerFunc is a function that is a Handler.
type HandlerFunc func(ctx context.Context, e Event) (Reply, error)

// Handle calls f.
func (f HandlerFunc) Handle(ctx context.Context, e Event) (Reply, error) {
	return f(ctx, e)
}

// A Middleware wraps a Handler in another. It runs for all three events; look at [Event.Type] to
// tell them apart.
type Middleware func(next Handler) Handler
