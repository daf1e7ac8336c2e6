// Package tabletest makes tables for tests of package grouptable and of what uses it.
package tabletest

import (
	"crypto/rand"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/tyg-dev/tyg/internal/dynamotest"
	"github.com/tyg-dev/tyg/internal/grouptable"
	"github.com/tyg-dev/tyg/internal/sigv4"
	"github.com/tyg-dev/tyg/lambda"
)

// Config creates a table and returns the Config for it. The engine is one in this process, unless
// the environment names another one.
func Config(t testing.TB) grouptable.Config {
	t.Helper()
	cfg := grouptable.Config{
		Name: "Groups-" + rand.Text(), Region: "us-east-1",
		Credentials: lambda.Key{AccessKeyID: "test", SecretAccessKey: "test"},
	}
	cfg.Endpoint, cfg.HTTPClient = dynamotest.Engine(t)
	createTable(t, cfg)
	return cfg
}

// createTable creates the table that "tyg deploy" creates.
func createTable(t testing.TB, cfg grouptable.Config) {
	t.Helper()
	request(t, cfg, "CreateTable", `{"TableName":"`+cfg.Name+`","BillingMode":"PAY_PER_REQUEST",
		"AttributeDefinitions":[{"AttributeName":"PK","AttributeType":"S"},
			{"AttributeName":"SK","AttributeType":"S"}],
		"KeySchema":[{"AttributeName":"PK","KeyType":"HASH"},{"AttributeName":"SK","KeyType":"RANGE"}]}`)
	for {
		out := request(t, cfg, "DescribeTable", `{"TableName":"`+cfg.Name+`"}`)
		if strings.Contains(out, `"ACTIVE"`) {
			return
		}
	}
}

// request makes a request and returns the answer.
func request(t testing.TB, cfg grouptable.Config, operation, body string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(
		t.Context(), http.MethodPost, cfg.Endpoint, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	key, err := cfg.Credentials.Retrieve(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Amz-Target", "DynamoDB_20120810."+operation)
	r.Header.Set("Content-Type", "application/x-amz-json-1.0")
	sigv4.Sign(r, []byte(body), sigv4.Credentials(key), cfg.Region, "dynamodb", time.Now())
	res, err := cfg.HTTPClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	out, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("%s: status %d, %v: %s", operation, res.StatusCode, err, out)
	}
	return string(out)
}
