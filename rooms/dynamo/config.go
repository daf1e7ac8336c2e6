package dynamo

import (
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

// The keys of the table, both strings: those of the tutorial's table.
const (
	PartitionKey = "PK"
	SortKey      = "SK"
)

// TTLAttribute is the attribute for the table's time to live: the time, in seconds since 1970,
// after which an item is not needed. Members expire in time whether the table deletes items or not.
const TTLAttribute = "expires"

const defaultTTL = 3 * time.Hour // see "Expiry" in package rooms

// Config says where the members are kept. Table, Region and Credentials are needed.
type Config struct {
	Table       string
	Region      string
	Credentials aws.CredentialsProvider

	// Endpoint is the URL of an engine other than Amazon's, such as "http://127.0.0.1:4567".
	Endpoint string

	// TTL is how long a member lasts after its last Add, 3 hours by default. All Stores of a table
	// should agree.
	TTL time.Duration

	// HTTPClient, if not nil, is used in place of the SDK's.
	HTTPClient aws.HTTPClient
}

func (c Config) check() error {
	switch {
	case c.Table == "":
		return errors.New("the table has no name")
	case c.Region == "":
		return errors.New("no region is set")
	case c.Credentials == nil:
		return errors.New("no credentials are set")
	case c.TTL < 0:
		return fmt.Errorf("time to live %v is negative", c.TTL)
	}
	if u, err := url.Parse(c.Endpoint); c.Endpoint != "" && (err != nil || u.Host == "") {
		return fmt.Errorf("endpoint %q is not like http://127.0.0.1:4567", c.Endpoint)
	}
	return nil
}

// client returns a client that tries once: see [Store.retry] for why the client does not retry.
func (c Config) client() *dynamodb.Client {
	options := dynamodb.Options{
		Region:      c.Region,
		Credentials: aws.NewCredentialsCache(c.Credentials),
		HTTPClient:  c.HTTPClient,
		Retryer:     aws.NopRetryer{},
	}
	if c.Endpoint != "" {
		options.BaseEndpoint = aws.String(c.Endpoint)
	}
	return dynamodb.New(options)
}
