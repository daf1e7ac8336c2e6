// Package awstest is the control plane of AWS in memory, for tests of what deploys to it.
//
// A [Cloud] serves IAM, STS, Lambda, API Gateway v2 for WebSocket APIs, CloudWatch Logs and
// DynamoDB on one address, as much of each as this module calls; which service a request is for
// its signature says. It is strict: requests are compared, as they are on the wire, with AWS's
// own service models, signatures are recomputed, and what the models cannot say is written by
// hand with its source beside it: routes go live only by a deployment, Lambda cannot assume a
// role that is a moment old, a role with policies cannot be deleted. It knows what AWS refuses
// better than what AWS does: nothing runs here. [Cloud.Live] says what would.
//
// Every state that takes AWS time takes a number of polls, every page is small, and any call can
// be made to fail, with [Cloud.SetFault]. Nothing depends on the time of day.
package awstest
