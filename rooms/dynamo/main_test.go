package dynamo_test

import (
	"context"
	"crypto/rand"
	"net/http"
	"runtime/debug"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/tyg-dev/tyg/internal/dynamotest"
	"github.com/tyg-dev/tyg/internal/leaktest"
	"github.com/tyg-dev/tyg/rooms/dynamo"
)

func TestMain(m *testing.M) {
	debug.SetGCPercent(400) // with 100, collection takes a quarter of the processor time
	leaktest.Main(m)
}

// credentials returns what engines without accounts accept.
func credentials(context.Context) (aws.Credentials, error) {
	return aws.Credentials{AccessKeyID: "test", SecretAccessKey: "test"}, nil
}

// config creates a table like the tutorial's and returns the Config for it.
func config(t *testing.T) dynamo.Config {
	t.Helper()
	cfg := dynamo.Config{
		Table: "Chat-" + rand.Text(), Region: "us-east-1",
		Credentials: aws.CredentialsProviderFunc(credentials),
	}
	cfg.Endpoint, cfg.HTTPClient = dynamotest.Engine(t)
	createTable(t, cfg)
	return cfg
}

// createTable creates the table of the tutorial's script: its keys, index and throughputs.
func createTable(t *testing.T, cfg dynamo.Config) {
	t.Helper()
	db := dynamodb.New(dynamodb.Options{
		Region: cfg.Region, Credentials: cfg.Credentials, BaseEndpoint: &cfg.Endpoint,
		HTTPClient: cfg.HTTPClient,
	})
	str := types.ScalarAttributeTypeS
	_, err := db.CreateTable(t.Context(), &dynamodb.CreateTableInput{
		TableName: &cfg.Table,
		AttributeDefinitions: []types.AttributeDefinition{
			{AttributeName: aws.String("PK"), AttributeType: str},
			{AttributeName: aws.String("SK"), AttributeType: str},
		},
		KeySchema:             keySchema("PK", "SK"),
		ProvisionedThroughput: throughput(5),
		GlobalSecondaryIndexes: []types.GlobalSecondaryIndex{{
			IndexName: aws.String("ReverseLookup"), KeySchema: keySchema("SK", "PK"),
			Projection:            &types.Projection{ProjectionType: types.ProjectionTypeAll},
			ProvisionedThroughput: throughput(1),
		}},
	})
	if err != nil {
		t.Fatalf("create table: %v", err)
	}
	for {
		out, err := db.DescribeTable(t.Context(), &dynamodb.DescribeTableInput{TableName: &cfg.Table})
		if err != nil {
			t.Fatalf("describe table: %v", err)
		}
		if out.Table.TableStatus == types.TableStatusActive {
			return
		}
	}
}

func keySchema(hash, sort string) []types.KeySchemaElement {
	return []types.KeySchemaElement{
		{AttributeName: &hash, KeyType: types.KeyTypeHash},
		{AttributeName: &sort, KeyType: types.KeyTypeRange},
	}
}

func throughput(n int64) *types.ProvisionedThroughput {
	return &types.ProvisionedThroughput{ReadCapacityUnits: &n, WriteCapacityUnits: &n}
}

func open(t *testing.T, cfg dynamo.Config) *dynamo.Store {
	t.Helper()
	store, err := dynamo.Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return store
}

// A tap counts requests, and may answer them itself.
type tap struct {
	http.RoundTripper
	mu      sync.Mutex
	reads   int // guarded by mu
	writes  int
	between func(n int, send func() (*http.Response, error)) (*http.Response, error)
}

// tapped returns cfg with a tap in its HTTP client.
func tapped(cfg dynamo.Config) (dynamo.Config, *tap) {
	t := &tap{RoundTripper: cfg.HTTPClient.(*http.Client).Transport}
	cfg.HTTPClient = &http.Client{Transport: t}
	return cfg, t
}

func (t *tap) RoundTrip(r *http.Request) (*http.Response, error) {
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	t.mu.Lock()
	switch operation {
	case "GetItem", "Query", "BatchGetItem":
		t.reads++
	default:
		t.writes++
	}
	n, between := t.reads+t.writes, t.between
	t.mu.Unlock()
	if between == nil {
		return t.RoundTripper.RoundTrip(r)
	}
	return between(n, func() (*http.Response, error) { return t.RoundTripper.RoundTrip(r) })
}

// take returns what was counted since the last take.
func (t *tap) take() (reads, writes int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	reads, writes = t.reads, t.writes
	t.reads, t.writes = 0, 0
	return reads, writes
}
