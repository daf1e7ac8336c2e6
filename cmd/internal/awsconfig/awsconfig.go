// Package awsconfig finds AWS credentials, a region and endpoints where AWS's own tools find them:
// in the environment, in the shared files, and from the role of the machine.
// (https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html)
package awsconfig

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/smithy-go/logging"

	"github.com/tyg-dev/tyg/lambda"
)

// A Choice is what the command line has set. The zero Choice leaves everything to the environment
// and the shared files.
type Choice struct {
	Profile string // of ~/.aws/config and ~/.aws/credentials
	Region  string

	// DefaultRegion is the region if nothing else names one.
	DefaultRegion string

	// Endpoint is the URL of every service. It overrides all other settings of endpoints.
	Endpoint string

	// Code asks for the code of an MFA device, by its serial number, for a profile that has one. With
	// nil such profiles do not work.
	Code func(device string) (string, error)

	// Quiet drops what the SDK would print to standard error while it looks for credentials.
	Quiet bool
}

// Load returns the configuration of AWS clients. It reads files, and does not retrieve credentials
// yet; credentials and the region may be missing: see [Check].
func Load(ctx context.Context, c Choice) (aws.Config, error) {
	options := []func(*config.LoadOptions) error{withCodes(c.Code)}
	if c.Profile != "" {
		options = append(options, config.WithSharedConfigProfile(c.Profile))
	}
	if c.Region != "" {
		options = append(options, config.WithRegion(c.Region))
	}
	if c.Quiet {
		options = append(options, config.WithLogger(logging.Nop{}))
	}
	if c.DefaultRegion != "" {
		options = append(options, config.WithDefaultRegion(c.DefaultRegion))
	}
	cfg, err := config.LoadDefaultConfig(ctx, options...)
	if unknown, ok := errors.AsType[config.SharedConfigProfileNotExistError](err); ok {
		return cfg, fmt.Errorf("there is no AWS profile %q; aws configure list-profiles prints "+
			"the profiles", unknown.Profile)
	}
	if err != nil {
		return cfg, fmt.Errorf("read AWS configuration: %w", err)
	}
	cfg.Credentials = cacheRole(cfg)
	if c.Endpoint != "" {
		cfg.BaseEndpoint = &c.Endpoint
		cfg.ConfigSources = append([]any{everywhere(c.Endpoint)}, cfg.ConfigSources...)
	}
	return cfg, nil
}

// everywhere is the endpoint of every service. As the first source it overrides the variables of
// single services, such as AWS_ENDPOINT_URL_DYNAMODB.
type everywhere string

// GetServiceBaseEndpoint returns the endpoint of a service to a client.
func (e everywhere) GetServiceBaseEndpoint(context.Context, string) (string, bool, error) {
	return string(e), true, nil
}

// Check reports a missing region or missing credentials. To find no credentials may take seconds,
// because the SDK asks the instance metadata service for those of the machine.
func Check(ctx context.Context, cfg aws.Config) error {
	if cfg.Region == "" {
		return errors.New("no AWS region is configured; set AWS_REGION, use --region, or put a region " +
			"into ~/.aws/config")
	}
	if cfg.Credentials == nil {
		return ErrNoCredentials
	}
	_, err := cfg.Credentials.Retrieve(ctx)
	if err != nil && ctx.Err() == nil {
		return explain(err, cfg)
	}
	return err
}

// Keys returns the credentials of cfg as package lambda takes them, or nil if there are none.
func Keys(cfg aws.Config) lambda.CredentialsProvider {
	if cfg.Credentials == nil {
		return nil
	}
	return lambda.CredentialsFunc(func(ctx context.Context) (lambda.Key, error) {
		c, err := cfg.Credentials.Retrieve(ctx)
		return lambda.Key{
			AccessKeyID: c.AccessKeyID, SecretAccessKey: c.SecretAccessKey, SessionToken: c.SessionToken,
		}, err
	})
}

// ErrNoCredentials means that there are none, or that they are not valid.
var ErrNoCredentials = errors.New("no valid AWS credentials; set AWS_ACCESS_KEY_ID and " +
	"AWS_SECRET_ACCESS_KEY, choose a profile with --profile, or run aws configure or aws sso login")

// Endpoint returns the URL of a service, by its name in AWS's SDKs, such as "Lambda". Empty means
// the usual endpoint.
func Endpoint(ctx context.Context, cfg aws.Config, service string) string {
	for _, source := range cfg.ConfigSources {
		s, ok := source.(interface {
			GetIgnoreConfiguredEndpoints(context.Context) (bool, bool, error)
		})
		if !ok {
			continue
		}
		if ignore, _, err := s.GetIgnoreConfiguredEndpoints(ctx); err == nil && ignore {
			return aws.ToString(cfg.BaseEndpoint)
		}
	}
	for _, source := range cfg.ConfigSources {
		s, ok := source.(interface {
			GetServiceBaseEndpoint(context.Context, string) (string, bool, error)
		})
		if !ok {
			continue
		}
		if url, found, err := s.GetServiceBaseEndpoint(ctx, service); err == nil && found {
			return url
		}
	}
	return aws.ToString(cfg.BaseEndpoint)
}
