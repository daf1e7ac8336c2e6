package awstest

import "github.com/tyg-dev/tyg/internal/awstest/wire"

// A service is one of AWS's: its wire form, and what this package does.
type service struct {
	*wire.Service
	operations map[string]operation
}

// An operation is one operation of a service: it reads and changes c, and returns the members of
// its output by their names in AWS's model, in any form that [wire.Request.Output] takes. The input
// is valid by that model when an operation sees it; what the model cannot say the operation checks.
// c.mu is held while it runs. An error is a [*wire.Error].
type operation func(c *Cloud, in wire.Params) (out map[string]any, err error)

// A request is a call of an operation of a service.
type request struct {
	*wire.Request
	operations map[string]operation
}

// newServices returns all services, by the name in the scope of a signature.
func newServices() map[string]*service {
	bySigning := make(map[string]*service)
	for _, s := range []*service{
		{wire.New("iam", "ValidationError"), iamOperations()},
		{wire.New("sts", "ValidationError"), stsOperations()},
		{wire.New("lambda", "ValidationException"), lambdaOperations()},
		{wire.New("apigatewayv2", "BadRequestException"), apigatewayOperations()},
		{wire.New("logs", "InvalidParameterException"), logsOperations()},
		{wire.New("dynamodb", "ValidationException"), dynamoOperations()},
	} {
		bySigning[s.SigningName()] = s
	}
	return bySigning
}
