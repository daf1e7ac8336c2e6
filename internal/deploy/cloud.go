package deploy

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/tyg-dev/tyg/internal/deploy/awserr"
	"github.com/tyg-dev/tyg/internal/deploy/plan"
	"github.com/tyg-dev/tyg/internal/deploy/spec"
)

// A Cloud is an AWS account in one region. Its methods may be called from many goroutines at once.
type Cloud struct {
	// Account is the account that the credentials belong to.
	Account Account

	config aws.Config
	kinds  []plan.Kind
	waiter plan.Waiter
}

// Open asks AWS which account the credentials of a configuration belong to. A Retryer in it is
// kept; otherwise throttled calls are retried for minutes, with waits of up to half a minute.
func Open(ctx context.Context, cfg aws.Config) (*Cloud, error) {
	if cfg.Region == "" {
		return nil, errors.New("no region is configured; set AWS_REGION, give --region, or put a " +
			"region " +
			"into ~/.aws/config")
	}
	if cfg.Retryer == nil {
		cfg.Retryer = awserr.Retryer
	}
	c := &Cloud{
		config: cfg, kinds: kinds(cfg), waiter: plan.Waiter{Pause: pause},
	}
	who, err := sts.NewFromConfig(cfg).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return nil, fmt.Errorf("look up the account of these credentials: "+
			"%w", awserr.Explain(err, Account{Region: cfg.Region}))
	}
	c.Account = Account{
		ID: aws.ToString(who.Account), Region: cfg.Region,
		Partition: spec.PartitionOf(aws.ToString(who.Arn)),
	}
	return c, nil
}

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
