// Package apigw translates between tyg values and API Gateway's WebSocket JSON: the events that
// a Lambda function gets, the replies that it gives, the frames that clients see when something
// fails, and the @connections HTTP API. It also understands the answers of Lambda authorizers.
//
// Everything here is a pure function: no sockets, no AWS account, no state. All functions may
// be called from any goroutine; byte slices that are passed in are read and not kept, unless a
// function says otherwise.
package apigw
