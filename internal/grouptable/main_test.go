package grouptable_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/internal/dynamotest"
	"github.com/tyg-dev/tyg/internal/grouptable"
	"github.com/tyg-dev/tyg/internal/leaktest"
	"github.com/tyg-dev/tyg/internal/sigv4"
	"github.com/tyg-dev/tyg/lambda"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

// endpointVariable is the variable of the AWS tools for another engine, to run all tests on.
const endpointVariable = "AWS_ENDPOINT_URL_DYNAMODB"

var key = lambda.Key{AccessKeyID: "test", SecretAccessKey: "test"}

const id tyg.ConnID = "R1kmxc2VNjMCFIA="

// config creates a table and returns the Config for it.
func config(t *testing.T) grouptable.Config {
	t.Helper()
	cfg := grouptable.Config{
		Name: "Groups-" + rand.Text(), Region: "us-east-1", Credentials: key,
		Endpoint: os.Getenv(endpointVariable),
	}
	if cfg.Endpoint != "" {
		transport := &http.Transport{MaxIdleConnsPerHost: 64}
		t.Cleanup(transport.CloseIdleConnections)
		cfg.HTTPClient = &http.Client{Transport: transport}
	} else {
		cfg.Endpoint = "http://dynamo.test"
		cfg.HTTPClient = &http.Client{Transport: direct{new(dynamotest.Server)}}
	}
	createTable(t, cfg)
	return cfg
}

// direct calls a server in this process.
type direct struct{ http.Handler }

func (d direct) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	w := httptest.NewRecorder()
	d.ServeHTTP(w, r)
	return w.Result(), nil
}

func createTable(t *testing.T, cfg grouptable.Config) {
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
func request(t *testing.T, cfg grouptable.Config, operation, body string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(
		t.Context(), http.MethodPost, cfg.Endpoint, strings.NewReader(body))
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

func open(t *testing.T, cfg grouptable.Config) *grouptable.Table {
	t.Helper()
	table, err := grouptable.Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	table.SetWaits(noWait)
	return table
}

func noWait(time.Duration) <-chan time.Time {
	c := make(chan time.Time, 1)
	c <- time.Time{}
	return c
}

// A tap sees requests, and may answer them itself. n counts them from 1.
type tap struct {
	http.RoundTripper
	mu      sync.Mutex
	n       int                          // guarded by mu
	bodies  []map[string]json.RawMessage // guarded by mu
	between func(n int, send func() (*http.Response, error)) (*http.Response, error)
}

// tapped returns cfg with a tap in its HTTP client.
func tapped(cfg grouptable.Config) (grouptable.Config, *tap) {
	t := &tap{RoundTripper: cfg.HTTPClient.Transport}
	cfg.HTTPClient = &http.Client{Transport: t}
	return cfg, t
}

func (t *tap) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	var in map[string]json.RawMessage
	_ = json.Unmarshal(body, &in)
	t.mu.Lock()
	t.n++
	n, between := t.n, t.between
	t.bodies = append(t.bodies, in)
	t.mu.Unlock()
	if between == nil {
		return t.RoundTripper.RoundTrip(r)
	}
	return between(n, func() (*http.Response, error) { return t.RoundTripper.RoundTrip(r) })
}

// take returns how many requests there were since the last take.
func (t *tap) take() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := t.n
	t.n, t.bodies = 0, nil
	return n
}

// end is what a host does at the end of a connection. It returns how many memberships it has ended.
func end(ctx context.Context, table *grouptable.Table, id tyg.ConnID) (n int, err error) {
	_, groups, err := table.Leave(ctx, id)
	if err != nil {
		return 0, err
	}
	for _, group := range groups {
		_, removed, err := table.Remove(ctx, group, id)
		if err != nil {
			return n, err
		}
		if removed {
			n++
		}
	}
	return n, table.Forget(ctx, id)
}

// members returns all members of a group, and checks that they are as many as Count says.
func members(t *testing.T, table *grouptable.Table, group string) map[tyg.ConnID]tyg.Member {
	t.Helper()
	all := make(map[tyg.ConnID]tyg.Member)
	for part := range table.Parts() {
		for after, first := "", true; first || after != ""; first = false {
			page, next, err := table.Members(t.Context(), group, part, after)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range page {
				if _, twice := all[m.ID]; twice {
					t.Errorf("%s is twice among the members", m.ID)
				}
				all[m.ID] = m
			}
			after = next
		}
	}
	if n, err := table.Count(t.Context(), group); err != nil || n != len(all) {
		t.Errorf("Count returned %d, %v, and there are %d members", n, err, len(all))
	}
	return all
}
