package deploy

import (
	"context"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"

	"github.com/tyg-dev/tyg/internal/deploy/awserr"
	"github.com/tyg-dev/tyg/internal/deploy/plan"
)

// How long a connection may take to open, for which the SDK allows 30 s, and how long AWS may take
// to answer a request that it has.
const (
	dialTimeout   = 5 * time.Second
	answerTimeout = time.Minute
)

// transport returns a client that says when an answer takes long. The SDK's own client gets the
// timeouts, and errors of proxies that have a type; another one is used as it is.
func transport(client aws.HTTPClient, progress func(line string)) aws.HTTPClient {
	if client == nil {
		client = awshttp.NewBuildableClient()
	}
	if own, ok := client.(*awshttp.BuildableClient); ok {
		client = own.WithDialerOptions(func(d *net.Dialer) { d.Timeout = dialTimeout }).
			WithTransportOptions(func(t *http.Transport) {
				t.ResponseHeaderTimeout = answerTimeout
				t.OnProxyConnectResponse = proxyAnswer
			})
	}
	if progress == nil {
		return client
	}
	return slowClient{client, progress}
}

// proxyAnswer returns an error for a proxy that does not connect.
func proxyAnswer(_ context.Context, proxy *url.URL, _ *http.Request, answer *http.Response) error {
	if answer.StatusCode == http.StatusOK {
		return nil
	}
	return &awserr.ProxyError{Proxy: proxy.Host, Status: answer.Status}
}

// A slowClient says what it waits for.
type slowClient struct {
	aws.HTTPClient
	progress func(line string)
}

// Do sends a request.
func (c slowClient) Do(r *http.Request) (*http.Response, error) {
	timer := time.AfterFunc(plan.Patience, func() {
		c.progress("Waiting for an answer from " + r.URL.Host)
	})
	defer timer.Stop()
	return c.HTTPClient.Do(r)
}
