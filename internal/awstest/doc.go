// Package awstest is the control plane of AWS in memory, for tests of deployments.
//
// A [Cloud] serves the parts of IAM, STS, Lambda, API Gateway v2 for WebSocket APIs, CloudWatch
// Logs and DynamoDB that this module calls, on one address; the signature of a request names its
// service. It is strict: requests are compared with AWS's own service models, signatures are
// recomputed, and rules that the models do not have are written by hand with their source: routes
// go live only by a deployment, Lambda cannot assume a new role at once, a role with policies
// cannot be deleted. No function runs here; [Cloud.Live] returns what API Gateway would call.
//
// States that take AWS time take a number of polls, pages are small, and [Cloud.SetFault] makes any
// call fail. Nothing depends on the time of day.
//
// Each service has a folder. Package wire has the protocols, and package account what the services
// share.
package awstest
