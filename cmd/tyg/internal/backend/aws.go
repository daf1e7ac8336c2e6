package backend

import (
	"cmp"
	"context"
	"fmt"
	"os"

	"github.com/aws/aws-sdk-go-v2/config"

	"github.com/tyg-dev/tyg/functions"
	"github.com/tyg-dev/tyg/lambda"
)

// onAWS returns a function on AWS. Its credentials are found as AWS SDKs find them: in the environment,
// in the shared files, from the machine's role. So is the endpoint, if it is another one.
// (https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html)
func onAWS(ctx context.Context, arn, region string) (functions.Integration, error) {
	var options []func(*config.LoadOptions) error
	if region != "" {
		options = append(options, config.WithRegion(region))
	}
	cfg, err := config.LoadDefaultConfig(ctx, options...)
	if err != nil {
		return nil, fmt.Errorf("find AWS credentials: %w", err)
	}
	fn, err := lambda.NewFunction(lambda.FunctionConfig{
		ARN:         arn,
		Credentials: cfg.Credentials,
		Endpoint:    cmp.Or(os.Getenv("AWS_ENDPOINT_URL_LAMBDA"), os.Getenv("AWS_ENDPOINT_URL")),
	})
	if err != nil {
		return nil, err
	}
	return fn, nil
}
