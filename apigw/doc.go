// Package apigw translates between tyg values and API Gateway's WebSocket JSON: the events and
// replies of a Lambda function, the error frames that clients get, the @connections HTTP API, and
// the results of Lambda authorizers. It also has API Gateway's quotas.
//
// All functions are pure: no sockets, no AWS account, no state. They may be called from any
// goroutine. They read byte slices that are passed in and do not keep them, unless a function says
// otherwise.
package apigw
