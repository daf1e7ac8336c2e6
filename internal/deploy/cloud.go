package deploy

import (
	"context"
	"errors"
	"fmt"
	"net"
	"path"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
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

// Open asks AWS which account the credentials of a configuration belong to. A Retryer in it is
// kept; the default is [Retryer] without progress: throttled calls are made again for minutes, with
// pauses of up to half a minute, calls that find no server for seconds.
func Open(ctx context.Context, cfg aws.Config) (*Cloud, error) {
	if cfg.Region == "" {
		return nil, errors.New("no region is configured; set AWS_REGION, give --region, or put a " +
			"region " +
			"into ~/.aws/config")
	}
	if cfg.Retryer == nil {
		cfg.Retryer = Retryer(nil)
	}
	cfg.HTTPClient = quickDial(cfg.HTTPClient)
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

// Retryer returns the Retryer of a configuration for [Open]. It calls progress, if that is not nil,
// with a line before each longer pause, maybe from many goroutines at once.
func Retryer(progress func(line string)) func() aws.Retryer {
	return func() aws.Retryer { return awserr.Retryer(progress) }
}

// dialTimeout is how long a connection may take to open. The SDK allows 30 s.
const dialTimeout = 10 * time.Second

// quickDial returns a client with the timeout, or the same client if it is not the SDK's own.
func quickDial(client aws.HTTPClient) aws.HTTPClient {
	if client == nil {
		client = awshttp.NewBuildableClient()
	}
	own, ok := client.(*awshttp.BuildableClient)
	if !ok {
		return client
	}
	return own.WithDialerOptions(func(d *net.Dialer) { d.Timeout = dialTimeout })
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
