// Package tyg is for WebSocket applications that are written as functions (connect, message,
// disconnect) and run unchanged on a laptop, on a server, and on Amazon API Gateway with AWS
// Lambda. A host owns the sockets; the application does not know which one.
//
// The whole echo server:
//
//	func main() {
//		app := tyg.New("echo-server")
//		app.OnMessage(func(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
//			return c.Send(ctx, m.Data)
//		})
//		if err := host.Run(app); err != nil {
//			log.Fatal(err)
//		}
//	}
//
// # What an application writes
//
//   - [New] makes an [App]; [App.OnConnect], [App.OnOpen], [App.OnMessage], [App.OnRoute],
//     [App.OnRouteResponse] and [App.OnDisconnect] register its handlers, [App.OnAuthorize] its
//     authorizer, [App.Use] its [Middleware].
//   - A handler gets a [Conn], which it sends to with [Conn.Send], [Conn.SendString] or
//     [Conn.SendJSON] and closes with [Conn.Close], and a [Request], [Message] or [Disconnect].
//   - [App.Group] and [App.Everyone] send to many connections at once and tell who is there;
//     [App.OnJoin] and [App.OnLeave] say who comes and goes. A [State] belongs to a connection, a
//     [Value] to the application.
//   - [App.Sender] reaches every connection by its [ConnID] from anywhere in the program.
//   - Errors are compared with [errors.Is]: [ErrGone] is final, [ErrThrottled] is not. [Failures]
//     takes the error of [Sender.SendMany] apart. [Reject] refuses a client at connect.
//
// # Order
//
// For one connection a host calls the Handler for connect, then for open if the application asks
// for it ([App.OnOpen]), then for each message in the order of arrival, one at a time, then for
// disconnect. Between connections there is no order, and handlers run at the same time. Amazon API
// Gateway makes no such promise for a single connection: it may run two messages of one client at
// once (https://repost.aws/questions/QUa2N5ZwL4QjSFuJkuI4nGcg), so state that must not be torn
// belongs behind a conditional write, as in package rooms.
//
// # Failure
//
// A handler's error or panic is logged once by the host. The client of a message gets API Gateway's
// frame
//
//	{"message": "Internal server error", "connectionId":"…", "requestId":"…"}
//
// and stays connected; the text of the error never leaves the server. From connect, [Reject]
// refuses the handshake with an HTTP status of your choice, any other error with 502.
//
// # For hosts and other Handlers
//
// An application needs none of this. An [Event] is what happened on a connection, as plain data. A
// [Handler] is called with an Event and returns a [Reply]; an App is a Handler, and so is a
// [HandlerFunc]. A [Sender] reaches connections by id, and a [Host] is a Sender with groups and
// values. A host owns sockets or receives events, calls a Handler, and is a Host: package gateway
// is one for sockets on this machine, package lambda one inside AWS Lambda, package tygtest one for
// tests. A host learns what it runs from [Describe], which returns a [Description] with its
// [Route]s, and hands itself over with [Bind]. It reads the options of a send with
// [NewSendOptions], checks names with [CheckGroupName], and asks [Request.SelectedSubprotocol] what
// a connect handler chose. The suites of package tygtest say what a host must do.
package tyg
