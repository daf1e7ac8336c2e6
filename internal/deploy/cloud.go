package deploy

import (
	"context"
	"errors"
	"fmt"
	"path"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/tyg-dev/tyg/internal/deploy/awserr"
	"github.com/tyg-dev/tyg/internal/deploy/plan"
	"github.com/tyg-dev/tyg/internal/deploy/spec"
	"github.com/tyg-dev/tyg/internal/deploy/store"
)

// A Cloud is an AWS account in one region. Its methods may be called from many goroutines at once.
type Cloud struct {
	// Account is the account that the credentials belong to.
	Account Account

	config aws.Config
	kinds  []plan.Kind
	waiter plan.Waiter
}

// Open asks AWS which account the credentials of a configuration belong to, and gives up after
// seconds. Later calls that are throttled are made again for minutes, with pauses of up to half a
// minute, and calls that find no server for seconds. A Retryer in the configuration is kept.
//
// Open and the Cloud call progress, if it is not nil, with a line for whatever takes longer than
// three seconds, maybe from many goroutines at once.
func Open(
	ctx context.Context, cfg aws.Config, progress func(line string),
) (*Cloud, error) {
	if cfg.Region == "" {
		return nil, errors.New("no region is configured; set AWS_REGION, give --region, or put a " +
			"region " +
			"into ~/.aws/config")
	}
	if cfg.Retryer == nil {
		cfg.Retryer = func() aws.Retryer { return awserr.Retryer(progress) }
	}
	cfg.HTTPClient = transport(cfg.HTTPClient, progress)
	c := &Cloud{config: cfg, waiter: plan.Waiter{Pause: pause, Say: progress}}
	c.kinds = kinds(cfg, &c.waiter)
	who, err := identify(ctx, cfg)
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

// Explain adds to an error of AWS what to do about it, if that is known.
func Explain(err error) error { return awserr.Explain(err, Account{}) }

// Bucket returns the store of a stage in a bucket of S3: an object below a URL, s3://bucket/prefix.
func (c *Cloud) Bucket(url, application, stage string) (Store, error) {
	bucket, prefix, err := store.ParseURL(url)
	if err != nil {
		return nil, err
	}
	key := path.Join(prefix, application, stage+".json")
	return store.NewBucket(c.config, c.Account, bucket, key), nil
}

// firstLimit is how long the first call may take. A wrong address, a proxy or the log-in page of a
// network show at once.
const firstLimit = 15 * time.Second

// identify makes the first call.
func identify(ctx context.Context, cfg aws.Config) (*sts.GetCallerIdentityOutput, error) {
	end := time.Now().Add(firstLimit)
	limited, cancel := context.WithDeadline(ctx, end)
	defer cancel()
	client := sts.NewFromConfig(cfg, func(o *sts.Options) { o.Retryer = awserr.Until(o.Retryer, end) })
	who, err := client.GetCallerIdentity(limited, &sts.GetCallerIdentityInput{})
	if err != nil && limited.Err() != nil && ctx.Err() == nil {
		return nil, fmt.Errorf("no answer from AWS within %v: is this machine online, and does "+
			"HTTPS_PROXY name a proxy that works?", firstLimit)
	}
	return who, err
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
