package deploy

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/tyg-dev/tyg/internal/deploy/spec"
)

// A Cloud is an AWS account in one region. Its methods may be called from many goroutines at once.
type Cloud struct {
	// Account is whose credentials these are.
	Account Account

	iam    *iam.Client
	lambda *lambda.Client
	apis   *apigatewayv2.Client
	logs   *cloudwatchlogs.Client
	tables *dynamodb.Client

	// pause waits between two looks at something that takes its time.
	pause func(context.Context, time.Duration) error
}

// The control plane of API Gateway takes a call every few seconds from an account, of some kinds one in
// half a minute. So calls that it refuses for that are made again for some minutes.
// (https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html)
const (
	maxAttempts = 15
	maxBackoff  = 30 * time.Second
)

// Open asks AWS whose credentials a configuration has. A Retryer in it is kept; else calls that are
// throttled are made again with waits of up to half a minute.
func Open(ctx context.Context, cfg aws.Config) (*Cloud, error) {
	if cfg.Region == "" {
		return nil, errors.New("no region is configured; set AWS_REGION, give --region, or put a region " +
			"into ~/.aws/config")
	}
	if cfg.Retryer == nil {
		cfg.Retryer = patient
	}
	c := &Cloud{
		iam:    iam.NewFromConfig(cfg),
		lambda: lambda.NewFromConfig(cfg),
		apis:   apigatewayv2.NewFromConfig(cfg),
		logs:   cloudwatchlogs.NewFromConfig(cfg),
		tables: dynamodb.NewFromConfig(cfg),
		pause:  pause,
	}
	who, err := sts.NewFromConfig(cfg).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return nil, fmt.Errorf("find out whose credentials these are: %w", explain(err, Account{Region: cfg.Region}))
	}
	c.Account = Account{
		ID: aws.ToString(who.Account), Region: cfg.Region, Partition: spec.PartitionOf(aws.ToString(who.Arn)),
	}
	return c, nil
}

func patient() aws.Retryer {
	return retry.NewStandard(func(o *retry.StandardOptions) {
		o.MaxAttempts, o.MaxBackoff = maxAttempts, maxBackoff
		o.Retryables = append([]retry.IsErrorRetryable{retry.IsErrorRetryableFunc(passing)}, o.Retryables...)
		o.RateLimiter = noLimit{}
	})
}

// noLimit never gives up on retries for their number: a deploy makes few calls, and must end.
type noLimit struct{}

func (noLimit) GetToken(context.Context, uint) (func() error, error) {
	return func() error { return nil }, nil
}
func (noLimit) AddTokens(uint) error { return nil }

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// await looks at something until it is done. The waits grow to 5 seconds; it gives up after limit of
// them together, and says what it has waited for.
func (c *Cloud) await(ctx context.Context, what string, limit time.Duration, done func() (bool, error)) error {
	wait, waited := 250*time.Millisecond, time.Duration(0)
	for {
		ok, err := done()
		if ok || err != nil {
			return err
		}
		if waited >= limit {
			return fmt.Errorf("%s: still not done after %v; run the command again to go on", what, limit)
		}
		if err := c.pause(ctx, wait); err != nil {
			return err
		}
		waited += wait
		wait = min(2*wait, 5*time.Second)
	}
}
