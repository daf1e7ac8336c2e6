// Package gateway terminates WebSocket connections and calls a tyg.Handler, as Amazon API Gateway
// does.
//
// A [Server] serves a listener:
//
//	srv := &gateway.Server{Handler: app}
//	err := srv.Serve(listener)
//
// It is also an http.Handler, to mount in a mux:
//
//	http.Handle("/api/", srv)
//
// It accepts WebSockets on /{stage}/ (default "api"), and serves the @connections API on
// /{stage}/@connections/{id}. Both also answer without the stage, as behind a mapped domain, so
// that http.StripPrefix may put the server anywhere.
//
// # The life of a connection
//
// A handshake is checked (RFC 6455, origin, limits), then the connect handler runs, and only when
// it has returned without an error does the client get its 101. The open handler, if the
// application has one, runs next, before the first message is handled. From then on the connection
// waits in an epoll loop, of which there is one for each processor, and holds no goroutine, no
// buffer and no timer. When bytes arrive, the loop reads them, cuts them into messages, calls the
// handler for each, in order, and answers pings. Replies are held while the same read has more
// messages, and leave in one write for each recipient.
//
// With [Extensions].Concurrency several messages of one client are handled at once, and nothing of
// the order is left: a reply may overtake that to an earlier message, and a close frame may
// overtake both. A client that breaks a rule is closed at once, while its valid messages from
// before are still handled; their replies are dropped if they come after the close frame.
//
// A handler may take its time. After a millisecond or two another goroutine takes over the loop,
// and where that happens often, reads get goroutines of their own from the start; so a slow handler
// holds up its own client only.
//
// On systems other than Linux, behind an http.Server's TLS, and with [Server].Portable, each
// connection has a goroutine that waits for it. Everything else is the same.
//
// Because handlers run on the goroutine that reads, a client whose messages are handled more slowly
// than they come is not read from: TCP holds it back, nothing is dropped, and memory stays bounded.
// The price is that a close frame behind a message is seen only when that message has been handled.
//
// A send to any connection tries the socket at once, on the sender's goroutine, without waiting; to
// many, it writes through io_uring where the kernel has it, to 256 sockets with each system call.
// What the socket does not take is queued, and a goroutine exists to write it for as long as there
// is something in the queue. The queue is bounded in bytes ([Limits].Queue): a Send to a full one
// is refused with tyg.ErrThrottled; a SendMany closes such a connection with 1013, so that the
// other recipients do not wait.
//
// Compressed messages are cheap to send and dear to read. A client that sends more of them than
// their length pays for is not read from for a while, so that all such clients together use at most
// a quarter of the processors, and is closed with 1008 after ten seconds of that.
//
// An http.Server of one's own in front respells the names of headers, unless its listener is made
// with [KeepHeaderNames], and needs timeouts of its own, see [Server.Serve].
//
// One goroutine sweeps over all connections every two seconds, or more often if a limit is short,
// and ends those that are idle, too old, stuck in the middle of a message, or whose close was not
// answered.
//
// # Ends
//
// The disconnect handler runs once for every connection that was accepted, after its last message
// handler, with the code and the reason that API Gateway reports:
//
//	the client sent a close frame         its code and reason
//	  without a code                      1005 "Client-side close frame status not set"
//	the socket was lost                   1006 "Connection closed abnormally"
//	Sender.Close, DELETE @connections     1000 "Connection Closed Normally"
//	idle, or older than the life limit    1001 "Going away"
//	the client broke a rule               1002, 1003, 1007, 1008 or 1009, and which rule
//	the client does not keep up           1013 "Slow consumer"
//	the server shuts down                 1012 "Service restart"
//	a handler does not return             1011 "Handler does not return"
package gateway
