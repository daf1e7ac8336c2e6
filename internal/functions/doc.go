// Package functions runs Lambda functions as processes on this machine.
//
// A [Function] is a command that speaks the Lambda Runtime API: the very binary that is uploaded to
// AWS, or a script in any language. A [Host] starts its processes when events come, gives each
// process one event at a time, and ends processes that hang, are idle for long, or are of an older
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
// Package invokeapi serves Lambda's Invoke API over a Host, for AWS SDKs and the AWS CLI.
//
// # New versions
//
// [Host.Deploy] with the name of a function that exists replaces it. It starts the first process of
// the new version, which takes over when that process has asked for its first event. Processes of
// the old version finish their events and are then ended. No event is lost and none is handled
// twice. If the new version does not start, the old one stays, and the error shows what the new one
// printed.
//
// # What goes wrong
//
// The error of [Host.Invoke] says whose fault it is:
//
//	*FunctionError   the function reported it, through the Runtime API
//	*ExitError       the process exited during the event, or before its first
//	*TimeoutError    the function took longer than its Timeout or InitTimeout, and was killed
//	*StartError      the command could not be started
//	ErrThrottled     all processes are busy, and the event cannot wait any longer
//	ErrNotFound      there is no such function
//	ErrTooLarge      the payload is over Lambda's limit
//	ErrShutdown      the Host is shut down
//
// Any other error is the context's: the caller has stopped waiting, and the process continues with
// the event, as on Lambda.
//
// # Reading the source
//
// The path of an event, in order:
//
//	router.go       Handle       makes JSON of the event and finds its integration
//	host.go         Invoke       finds the pool of the function
//	pool.go         dispatch     assigns the event to an idle process, or queues it
//	events.go       writeEvent   writes it to the process
//	runtimeapi      WriteEvent   as the answer to the request for the next event
//
// and back:
//
//	runtimeapi      serve        reads the reply that the process posts
//	events.go       Reply        takes the reply
//	pool.go         finish       finds the call that the process has
//	processlog.go   endEvent     passes on what the process wrote
//	host.go         Invoke       returns the reply, which pool.go wait has received
//
// Then the process asks for its next event: events.go Next, pool.go park. The file scale.go starts
// processes when events wait and ends idle ones, deploy.go replaces versions, and process.go is the
// life of one process. Package osproc hides how operating systems run a group of processes.
package functions
