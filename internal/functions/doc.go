// Package functions runs Lambda functions as processes on this machine.
//
// A [Function] is a command that speaks the Lambda Runtime API: the very binary that is uploaded to
// AWS, or a script in any language. A [Host] starts its processes when events come, gives each
// process one event at a time, and ends those that hang, have nothing to do, or are of an older
// version:
//
//	host := &functions.Host{Output: func(l functions.Line) { fmt.Println(l.Text) }}
//	defer host.Shutdown(ctx)
//	err := host.Deploy(ctx, functions.Function{Name: "echo", Command: []string{"./bootstrap"}})
//	res, err := host.Invoke(ctx, functions.Invocation{Function: "echo", Payload: []byte(`{}`)})
//
// A [Router] is the tyg.Handler that turns the events of a gateway into invocations:
//
//	srv := &gateway.Server{Handler: &functions.Router{
//		Integrations: map[string]functions.Integration{
//			tyg.RouteConnect: host.Integration("gate"),
//			tyg.RouteDefault: host.Integration("echo"),
//			"report":         &functions.URL{Address: "http://127.0.0.1:9000/report"},
//		},
//	}}
//
// [API] is Lambda's Invoke API over a Host, for AWS SDKs and the AWS CLI.
//
// # New versions
//
// [Host.Deploy] with the name of a function that exists replaces it. The first process of the new
// version is started, and only when it has asked for its first event does the new version take
// over. An event that a process of the old version has, it finishes; then it is ended. No event is
// lost and none is handled twice. If the new version does not start, the old one stays, and the
// error says what the new one printed.
//
// # What goes wrong
//
// [Host.Invoke] tells apart whose fault it is:
//
//	*FunctionError   the function said so itself, by the Runtime API
//	*ExitError       the process ended in the middle of the event, or before its first
//	*TimeoutError    the function took longer than its Timeout or InitTimeout, and was killed
//	*StartError      the command could not be started at all
//	ErrThrottled     all processes are busy, and the queue is full or the context has ended
//	ErrNotFound      there is no such function
//	ErrTooLarge      the payload is over Lambda's limit
//	ErrShutdown      the Host is shut down
//
// and everything else is the context's own error: the caller has stopped waiting, and the process
// goes on with the event, as on Lambda.
//
// # Reading the source
//
// The way of an event: [Host.Invoke], pool.go do, assign, process.go give, runtime.go event, which
// writes it to the process; and back: serve.go serve, runtime.go finish. What happens when a process
// asks for its next event is pool.go park. When processes are started is grow.go, and when they are
// ended reap.go, retire.go and process.go ring.
package functions
