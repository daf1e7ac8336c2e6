package backend

import (
	"context"

	"github.com/tyg-dev/tyg/cmd/internal/awsconfig"
	"github.com/tyg-dev/tyg/internal/functions"
	"github.com/tyg-dev/tyg/lambda"
)

// onAWS returns the integration of a function on AWS.
func onAWS(ctx context.Context, arn, region string) (functions.Integration, error) {
	cfg, err := awsconfig.Load(ctx, awsconfig.Choice{Region: region})
	if err != nil {
		return nil, err
	}
	fn, err := lambda.NewFunction(lambda.FunctionConfig{
		ARN:         arn,
		Credentials: awsconfig.Keys(cfg),
		Endpoint:    awsconfig.Endpoint(ctx, cfg, "Lambda"),
	})
	if err != nil {
		return nil, err
	}
	return fn, nil
}
