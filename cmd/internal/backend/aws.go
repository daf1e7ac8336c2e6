package backend

import (
	"context"
	"os"
	"strings"

	"github.com/tyg-dev/tyg/cmd/internal/awskeys"
	"github.com/tyg-dev/tyg/internal/functions"
	"github.com/tyg-dev/tyg/lambda"
)

// onAWS returns the integration of a function on AWS.
func onAWS(ctx context.Context, arn, region string) (functions.Integration, error) {
	query := awskeys.Query{Region: region, Default: regionOf(arn), Service: "Lambda"}
	finder := awskeys.Finder{Stderr: os.Stderr}
	found, err := finder.Find(ctx, query)
	if err != nil {
		return nil, err
	}
	fn, err := lambda.NewFunction(lambda.FunctionConfig{
		ARN: arn, Credentials: finder.Keep(query, found), Endpoint: found.Endpoint,
	})
	if err != nil {
		return nil, err
	}
	return fn, nil
}

// regionOf returns the region in an ARN, or "".
func regionOf(arn string) string {
	if parts := strings.Split(arn, ":"); len(parts) > 3 {
		return parts[3]
	}
	return ""
}
