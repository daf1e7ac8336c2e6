// Package tyg writes WebSocket applications as three functions (connect, message, disconnect) and
// leaves to a host where the sockets are: in this process, in another, or at Amazon API Gateway.
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
// # Vocabulary
//
// tyg is net/http for connections that outlive the process. Three words carry it:
//
//   - An [Event] is what happened on a connection: connect, message or disconnect. It is plain data.
//   - A [Handler] is called with an Event. An [App] is a Handler.
//   - A [Sender] reaches any connection by its id: Send, SendMany, Close, Info.
//
// Everything else is an arrow between those. A host owns sockets or receives events, calls a
// Handler, and supplies the Sender: package gateway is one for sockets on this machine, package
// tygtest is one for tests, without sockets.
//
// # Order
//
// For one connection a host calls the Handler for connect, then for open if the application asks for
// it ([App.OnOpen]), then for each message in the order of arrival, one at a time, then for
// disconnect. Between connections there is no order, and handlers run at the same time. Amazon API
// Gateway makes no such promise for a single connection: it may run two messages of one client at
// once (https://repost.aws/questions/QUa2N5ZwL4QjSFuJkuI4nGcg), so state that must not be torn
// belongs behind a conditional write, as package rooms does it.
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
package tyg
