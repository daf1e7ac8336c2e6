package awstest

import (
	"github.com/tyg-dev/tyg/internal/awstest/dynamodb"
	"github.com/tyg-dev/tyg/internal/awstest/wire"
)

// A service is one of AWS's: its wire form, and what this package does.
type service struct {
	*wire.Service
	operations map[string]wire.Operation
}

// A request is a call of an operation of a service.
type request struct {
	*wire.Request
	operations map[string]wire.Operation
}

// servesItems tells whether the operation reads or writes items of DynamoDB.
func (r *request) servesItems() bool {
	return r.Name == "dynamodb" && dynamodb.ServesItems(r.Operation)
}

func stsOperations() map[string]wire.Operation {
	return map[string]wire.Operation{"GetCallerIdentity": getCallerIdentity}
}

func getCallerIdentity(wire.Params) (map[string]any, error) {
	return map[string]any{"Account": Account, "Arn": caller, "UserId": "AIDACKCEVSQ6C2EXAMPLE"}, nil
}

// newServices returns all services, by the name in the scope of a signature.
func (c *Cloud) newServices() map[string]*service {
	bySigning := make(map[string]*service)
	for _, s := range []*service{
		{wire.New("iam", "ValidationError"), c.iam.Operations()},
		{wire.New("sts", "ValidationError"), stsOperations()},
		{
			wire.New("ssm", "ValidationException"),
			map[string]wire.Operation{
				"GetParameter": c.vault.GetParameter, "GetParameters": c.vault.GetParameters,
			},
		},
		{
			wire.New("secretsmanager", "ValidationException"),
			map[string]wire.Operation{"GetSecretValue": c.vault.GetSecretValue},
		},
		{wire.New("lambda", "ValidationException"), c.lambda.Operations()},
		{wire.New("apigatewayv2", "BadRequestException"), c.gateway.Operations()},
		{wire.New("logs", "InvalidParameterException"), c.logs.Operations()},
		{wire.New("dynamodb", "ValidationException"), c.dynamo.Operations()},
		{wire.New("events", "ValidationException"), c.events.Operations()},
		{wire.New("sns", "InvalidParameter"), c.sns.Operations()},
		{wire.New("acm", "ValidationException"), c.acm.Operations()},
		{wire.New("route53", "InvalidInput"), c.route53.Operations()},
	} {
		bySigning[s.SigningName()] = s
	}
	return bySigning
}
