package storage

import (
	"cmp"
	"context"
	"errors"
	"net"
	"net/url"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/tyg-dev/tyg/rooms/dynamo"
)

// local is the region and both keys for an engine on this machine, which asks for some but not for
// which.
const local = "local"

// openTable opens the table in DynamoDB, or in the engine at the endpoint.
func openTable() (*dynamo.Store, error) {
	cfg := dynamo.Config{
		Table:    os.Getenv(tableVariable),
		Region:   cmp.Or(os.Getenv("AWS_REGION"), os.Getenv("AWS_DEFAULT_REGION")),
		Endpoint: cmp.Or(os.Getenv("AWS_ENDPOINT_URL_DYNAMODB"), os.Getenv("AWS_ENDPOINT_URL")),
	}
	keys := aws.Credentials{
		AccessKeyID:     os.Getenv("AWS_ACCESS_KEY_ID"),
		SecretAccessKey: os.Getenv("AWS_SECRET_ACCESS_KEY"),
		SessionToken:    os.Getenv("AWS_SESSION_TOKEN"),
		Source:          "environment",
	}
	if onThisMachine(cfg.Endpoint) {
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

func onThisMachine(endpoint string) bool {
	u, err := url.Parse(endpoint)
	if err != nil {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
}
