// Package lambda runs a [tyg.Handler] inside AWS Lambda, behind an API Gateway WebSocket API, and
// reaches the connections of such an API from anywhere.
//
// It is three things:
//
//   - [Run], and [Host] under it, call a Handler with the events that API Gateway sends to a Lambda
//     function, and answer API Gateway's questions to the application's authorizer. Package host
//     calls Run wherever it finds itself inside Lambda; most applications need nothing else.
//   - [Sender] is a [tyg.Sender] over the @connections API, with requests signed by AWS Signature
//     Version 4. It needs no Lambda: a back-end service that knows connection ids may use it.
//   - [Function] invokes a Lambda function on AWS, for gateways elsewhere that have routes there.
//
// # Failure
//
// A handler's error or panic is logged once, with its connection, route and request id, and becomes
// the error of the invocation; the process lives on. API Gateway then answers a handshake with 502
// and a message with "Internal server error". A rejection ([tyg.Reject]) becomes its status.
//
// A failure of Lambda's Runtime API ends Run, whose caller ends the process; Lambda starts another.
//
// # Open
//
// API Gateway has no event for a connection that is open, and nothing can be sent before. For an
// application with OnOpen the function that has accepted a client invokes itself asynchronously
// ([Config].Self); that invocation polls GET @connections until the connection answers, for 3
// seconds at most, and then calls the Handler with tyg.EventOpen. What that means:
//
//   - It runs some 50 to 200 milliseconds after the client has its 101, longer with a cold start,
//     and so possibly after the first message.
//   - It costs one more invocation for each connection, and a few GET requests.
//   - Lambda promises to deliver an asynchronous event at least once: rarely, OnOpen runs twice
//     (https://docs.aws.amazon.com/lambda/latest/dg/invocation-async.html). A handler that fails is
//     logged and not invoked again.
//   - The function's role needs lambda:InvokeFunction on the function; "tyg deploy" and the
//     templates of "tyg package" grant it. Without it the log says so, and clients connect all the
//     same.
//
// # Groups
//
// Groups, values and states need a table ([Config].Groups): Lambda keeps no memory, and API Gateway
// does not tell who is connected. For App.Everyone each connection is registered in it
// ([Config].Everyone). At its disconnect a connection leaves its groups before the Handler is
// called, whose disconnect handler can still read the state; a connection that is refused leaves
// what its connect handler has added it to.
//
// A send to a group finds members whose disconnect was lost, and ends their memberships. It keeps
// those that joined in the last 30 seconds, because API Gateway does not know a connection before
// its connect handler has returned. Of a large group, it hands the members after the first 5,000 to
// asynchronous invocations of the function ([Config].Self), 1,000 to each. If the process of such
// an invocation ends in it, Lambda repeats it, up to twice, and its members may get the message
// again.
//
// # Triggers
//
// A function with [Config].Trigger is called by a queue, a stream, a schedule, a bus, a topic or by
// HTTP. Its events go to the handler of that name (tyg.App.OnTrigger), which has all the time that
// the function has. It reaches clients by the application's Sender, which needs an Endpoint in the
// Config: no event says where the API is. A failure is logged and becomes the error of the
// invocation, and its source decides what follows.
//
// # Twice or never
//
// A POST to @connections whose answer is lost may have been delivered. This package does not send
// such a message again, because the client could not tell it from a new one; the error is
// [ErrMaybeSent]. A call that certainly had no effect is tried again: throttled calls (429), calls
// that the service had no room for (503), and connections that could not be made. GET and DELETE
// do no harm twice and are tried again after any failure of the service or the network.
//
// # Logs
//
// With the logger of [FromEnvironment] every record that is written with an event's context has the
// requestId of the invocation, as in Lambda's own START and END lines. The key request is the one
// of API Gateway, which clients see in error frames.
package lambda
