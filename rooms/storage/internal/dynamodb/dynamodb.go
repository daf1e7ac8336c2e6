// Package dynamodb opens the DynamoDB table that the environment names.
package dynamodb

import (
	"cmp"
	"context"
	"errors"
	"net/url"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/tyg-dev/tyg/internal/hosts"
	"github.com/tyg-dev/tyg/rooms/dynamo"
)

// local is the region and both keys for an engine on this machine, which requires them and accepts
// any.
const local = "local"

// Open opens the table that TABLE names, in DynamoDB or in the engine at the endpoint. Package
// storage lists the variables.
func Open() (*dynamo.Store, error) {
	cfg := dynamo.Config{
		Table:    os.Getenv("TABLE"),
		Region:   cmp.Or(os.Getenv("AWS_REGION"), os.Getenv("AWS_DEFAULT_REGION")),
		Endpoint: cmp.Or(os.Getenv("AWS_ENDPOINT_URL_DYNAMODB"), os.Getenv("AWS_ENDPOINT_URL")),
	}
	keys := aws.Credentials{
		AccessKeyID:     os.Getenv("AWS_ACCESS_KEY_ID"),
		SecretAccessKey: os.Getenv("AWS_SECRET_ACCESS_KEY"),
		SessionToken:    os.Getenv("AWS_SESSION_TOKEN"),
		Source:          "environment",
	}
	if isLocal(cfg.Endpoint) {
		cfg.Region = cmp.Or(cfg.Region, local)
		keys.AccessKeyID = cmp.Or(keys.AccessKeyID, local)
		keys.SecretAccessKey = cmp.Or(keys.SecretAccessKey, local)
	}
	if cfg.Region == "" {
		return nil, errors.New("AWS_REGION is not set")
	}
	if keys.AccessKeyID == "" || keys.SecretAccessKey == "" {
		return nil, errors.New("AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set; to set " +
			`them from a profile: eval "$(aws configure export-credentials --format env)"`)
	}
	cfg.Credentials = aws.CredentialsProviderFunc(
		func(context.Context) (aws.Credentials, error) { return keys, nil })
	return dynamo.Open(cfg)
}

// isLocal reports whether an endpoint is on this machine.
func isLocal(endpoint string) bool {
	u, err := url.Parse(endpoint)
	return err == nil && hosts.IsLoopback(u.Hostname())
}
