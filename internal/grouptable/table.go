package grouptable

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/tyg-dev/tyg/internal/partition"
	"github.com/tyg-dev/tyg/lambda"
)

// ttl is how long items of connections last. API Gateway closes a connection after two hours.
// (https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html)
const ttl = 3 * time.Hour

// overTTL is how long it is remembered that a connection is over. An Add that runs meanwhile takes
// less, and a later one finds that API Gateway does not know the connection.
const overTTL = 15 * time.Minute

// Config says where the table is. Name, Region and Credentials are needed.
type Config struct {
	Name        string
	Region      string
	Credentials lambda.CredentialsProvider

	// Endpoint is the URL of DynamoDB, or of another engine such as "http://127.0.0.1:4567". Empty is
	// that of the region.
	Endpoint string

	// HTTPClient, if not nil, makes the requests.
	HTTPClient *http.Client
}

// A Table is a [lambda.GroupTable] in DynamoDB. Make it with [Open]. It has nothing to close.
type Table struct {
	cfg   Config
	now   func() time.Time
	after func(time.Duration) <-chan time.Time
	page  int // items on a page, 0 for as many as DynamoDB gives
}

var _ lambda.GroupTable = (*Table)(nil)

// Open returns the Table. It sends no request: if there is no such table, or no permission, the
// first call fails.
func Open(cfg Config) (*Table, error) {
	if err := cfg.check(); err != nil {
		return nil, fmt.Errorf("open the table of groups: %w", err)
	}
	if cfg.Endpoint == "" {
		cfg.Endpoint = "https://dynamodb." + cfg.Region + "." + partition.Suffix(cfg.Region)
	}
	if cfg.HTTPClient == nil {
		cfg.HTTPClient = newHTTPClient()
	}
	return &Table{cfg: cfg, now: time.Now, after: time.After}, nil
}

func (c Config) check() error {
	switch {
	case c.Name == "":
		return errors.New("the table has no name")
	case c.Region == "":
		return errors.New("no region is set")
	case c.Credentials == nil:
		return errors.New("no credentials are set")
	}
	if u, err := url.Parse(c.Endpoint); c.Endpoint != "" && (err != nil || u.Host == "") {
		return fmt.Errorf("endpoint %q is not like http://127.0.0.1:4567", c.Endpoint)
	}
	return nil
}

// conns is how many idle connections to DynamoDB are kept: as many as Leave uses at once, and more.
const conns = 32

// newHTTPClient returns a client that waits 5 seconds for an answer, which DynamoDB gives in
// milliseconds. It closes idle connections after 50 seconds: see newTransport in package lambda.
func newHTTPClient() *http.Client {
	return &http.Client{Transport: &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: 5 * time.Second}).DialContext,
		TLSHandshakeTimeout:   5 * time.Second,
		ForceAttemptHTTP2:     true,
		MaxIdleConnsPerHost:   conns,
		IdleConnTimeout:       50 * time.Second,
		ResponseHeaderTimeout: 5 * time.Second,
	}}
}
