package awstest

import (
	"github.com/tyg-dev/tyg/internal/awstest/account"
	"github.com/tyg-dev/tyg/internal/awstest/apigateway"
	"github.com/tyg-dev/tyg/internal/awstest/lambda"
)

// What a stage serves.
type (
	Live           = apigateway.Live
	LiveRoute      = apigateway.LiveRoute
	LiveAuthorizer = apigateway.LiveAuthorizer
	Function       = lambda.Function
)

// Live returns what API Gateway does for a stage. It is an error if it could not do all of it: the
// stage has no deployment, a function is gone, is not Active, has no role, is built for another
// architecture, or gave API Gateway no permission.
func (c *Cloud) Live(apiID, stage string) (Live, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.gateway.Live(apiID, stage)
}

// LiveBefore returns what API Gateway does for a stage where the last UpdateStage has not spread to
// yet: it takes a while. Errors are those of [Cloud.Live].
func (c *Cloud) LiveBefore(apiID, stage string) (Live, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.gateway.LiveBefore(apiID, stage)
}

// Allows tells whether the policies of a role allow an action on a resource, which is an ARN.
func (c *Cloud) Allows(roleName, action, resource string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.iam.AllowsNamed(roleName, action, resource)
}

// AddPolicy makes a managed policy, as another team of the account does, and returns its ARN. It is
// not among the [Cloud.Resources].
func (c *Cloud) AddPolicy(name, document string) (arn string, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.iam.AddPolicy(name, document)
}

// PutParameter and PutSecret keep a secret for the application, as another team does. They are not
// among the [Cloud.Resources].
func (c *Cloud) PutParameter(name, value string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.vault.Parameters[name] = value
}

// PutSecret is like [Cloud.PutParameter].
func (c *Cloud) PutSecret(name, value string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.vault.Secrets[name] = value
}

// MayManage tells whether a function may send to the connections of a stage, get their state and
// close them.
// (https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-control-access-iam.html)
func (c *Cloud) MayManage(functionName, apiID, stage string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, method := range []string{"POST", "GET", "DELETE"} {
		connection := account.ARN("execute-api",
			apiID+"/"+stage+"/"+method+"/@connections/L0SM9cOFvHcCIhw=")
		if !c.lambda.RoleAllows(functionName, "execute-api:ManageConnections", connection) {
			return false
		}
	}
	return true
}

// Log writes a line to the log of a function, as Lambda does with what a function prints. It
// reports false if Lambda could not: there is no log group, or the function's role does not allow
// it.
func (c *Cloud) Log(function, line string) bool {
	const stream = "2026/11/22/[$LATEST]0123456789abcdef0123456789abcdef"
	group := "/aws/lambda/" + function
	resource := account.ARN("logs", "log-group:"+group+":log-stream:"+stream)
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.lambda.RoleAllows(function, "logs:CreateLogStream", resource) &&
		c.lambda.RoleAllows(function, "logs:PutLogEvents", resource) &&
		c.logs.Append(group, stream, line)
}

// OnInvoke sets the code that runs a function which Lambda's Invoke calls. A failure is the
// FunctionError of the answer, "Unhandled", and "" if all went well. Without it every function
// answers null. run may use c, as a function may use AWS.
func (c *Cloud) OnInvoke(run func(f Function, event []byte) (reply []byte, failure string)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lambda.Run = func(f Function, event []byte) (reply []byte, failure string) {
		c.mu.Unlock() // while the function runs
		defer c.mu.Lock()
		return run(f, event)
	}
}

// AllowStageLogs gives the account the CloudWatch role without which no stage of a WebSocket API
// may write logs. It is a setting of the account and region that another API of AWS makes.
func (c *Cloud) AllowStageLogs() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.gateway.AllowStageLogs()
}
