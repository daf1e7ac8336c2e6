package lambda

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/internal/sigv4"
)

// traceKey is the key in a context of the trace id of an event, which the X-Ray SDK looks for. In
// the header of a call, as by AWS SDKs, it tells a gateway for which event a function calls.
// (https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader)
const (
	traceKey    = "x-amzn-trace-id"
	traceHeader = "X-Amzn-Trace-Id"
)

// A client makes signed requests to one service of AWS in one region. It may be used by many
// goroutines at once.
type client struct {
	direct          *direct // nil: over http
	http            *http.Client
	credentials     CredentialsProvider
	service, region string
}

// newHTTPClient returns a copy of web that follows no redirects, because a signature is valid for
// one address only. If web is nil it returns a new client that waits for an answer as long as wait.
func newHTTPClient(web *http.Client, conns int, wait time.Duration) *http.Client {
	if web == nil {
		web = &http.Client{Transport: newTransport(conns, wait)}
	}
	own := *web
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &own
}

// newTransport returns a transport that keeps as many idle connections as conns.
//
// A function is frozen between its events, and servers meanwhile close idle connections, usually
// after a minute. net/http compares the idle time by the wall clock, which goes on, so a connection
// that is too old is not used for a request that could then not be repeated.
func newTransport(conns int, wait time.Duration) *http.Transport {
	return &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: 5 * time.Second}).DialContext,
		ForceAttemptHTTP2:     true,
		TLSHandshakeTimeout:   5 * time.Second,
		MaxIdleConnsPerHost:   conns,
		IdleConnTimeout:       50 * time.Second,
		ResponseHeaderTimeout: wait,
	}
}

// A request is one call of an AWS service, before it is signed.
type request struct {
	method  string
	url     *url.URL
	body    []byte
	most    int64 // maximum length of the answer, in bytes
	headers http.Header
}

// An answer is the response to a request, read whole.
type answer struct {
	status int
	header http.Header
	body   []byte
	took   time.Duration // from the last byte of the headers of the request; zero if it is not known
}

// do makes one attempt. unsent is true if it failed and certainly did not reach the service.
func (c *client) do(ctx context.Context, r request) (a answer, unsent bool, err error) {
	if c.direct != nil {
		return c.direct.do(ctx, r)
	}
	var p progress
	req, err := c.sign(p.follow(ctx), r)
	if err != nil {
		return a, true, err
	}
	res, err := c.http.Do(req)
	if err != nil {
		if e, ok := errors.AsType[*url.Error](err); ok {
			err = e.Err // without the URL
		}
		return a, p.unsent(), fmt.Errorf("call %s: %w", r.url.Host, err)
	}
	defer res.Body.Close()
	a = answer{status: res.StatusCode, header: res.Header, took: p.sinceWritten()}
	if a.body, err = io.ReadAll(io.LimitReader(res.Body, r.most+1)); err != nil {
		return a, false, fmt.Errorf("read answer of %s: %w", r.url.Host, err)
	}
	if int64(len(a.body)) > r.most {
		return a, false, fmt.Errorf("answer of %s has more than %d bytes", r.url.Host, r.most)
	}
	return a, false, nil
}

func (c *client) sign(ctx context.Context, r request) (*http.Request, error) {
	if c.credentials == nil {
		return nil, errors.New("there are no AWS credentials")
	}
	key, err := c.credentials.Retrieve(ctx)
	if err != nil {
		return nil, fmt.Errorf("get AWS credentials: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, r.method, r.url.String(), bytes.NewReader(r.body))
	if err != nil {
		return nil, fmt.Errorf("make request: %w", err)
	}
	req.Header.Set("User-Agent", "tyg/"+runtime.Version())
	for name, values := range r.headers {
		req.Header[name] = values
	}
	sigv4.Sign(req, r.body, sigv4.Credentials(key), c.region, c.service, time.Now())
	if trace, ok := ctx.Value(traceKey).(string); ok && trace != "" {
		req.Header.Set(traceHeader, trace) // not signed: proxies may add to it
	}
	tyg.Inject(ctx, req.Header)
	return req, nil
}

// progress records how much of a request was sent, and when.
type progress struct {
	started, written atomic.Bool
	writtenAt        atomic.Pointer[time.Time]
}

func (p *progress) follow(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn: func(string) { p.started.Store(true) },
		WroteHeaders: func() {
			now := time.Now()
			p.writtenAt.Store(&now)
			p.written.Store(true)
		},
	})
}

// sinceWritten returns the time since the request was written, without what it took to connect.
func (p *progress) sinceWritten() time.Duration {
	if at := p.writtenAt.Load(); at != nil {
		return time.Since(*at)
	}
	return 0
}

// unsent reports that no request was written. It is false if the transport does not tell.
func (p *progress) unsent() bool { return p.started.Load() && !p.written.Load() }

// message returns the error message of the service, if there is one.
func (a answer) message() string {
	var in struct{ Message string } // in any case of letters
	_ = json.Unmarshal(a.body, &in) // an answer may have no message
	return in.Message
}
