package functions

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/tyg-dev/tyg"
)

// defaultMaxReply is API Gateway's limit on payloads, in bytes.
// (https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html)
const defaultMaxReply = 10 << 20

// A URL is an Integration that POSTs events, as JSON, to an HTTP service. The service replies as a
// Lambda function would, with the JSON of a proxy reply, and a status from 200 to 299. Any other
// status, redirects among them, and a body that is not JSON are failures.
type URL struct {
	// Address is the http or https URL to POST to. Like the other fields it must not be changed after
	// the first call of Invoke.
	Address string

	// Header is sent with each event, for credentials and the like. It may be nil.
	Header http.Header

	// Timeout is how long the service may take. Zero means no limit but the context's.
	Timeout time.Duration

	// MaxReply is how large a reply may be, in bytes. Zero means 10 MB.
	MaxReply int64

	// Client makes the requests. Nil means a client that keeps connections open, uses no proxy and
	// follows no redirects.
	Client *http.Client

	once   sync.Once
	client *http.Client
}

// Invoke makes one request.
func (u *URL) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	reply, err := u.post(ctx, payload)
	if err != nil && ctx.Err() != nil {
		return nil, fmt.Errorf("post event to %s: %w", u.redacted(), ctx.Err())
	}
	if errors.Is(err, context.DeadlineExceeded) { // of u.Timeout, which is not the caller's
		return nil, fmt.Errorf("post event to %s: no reply within %v", u.redacted(), u.Timeout)
	}
	if err != nil {
		return nil, fmt.Errorf("post event to %s: %w", u.redacted(), err)
	}
	return reply, nil
}

func (u *URL) post(ctx context.Context, payload []byte) ([]byte, error) {
	if u.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, u.Timeout)
		defer cancel()
	}
	// The body is a copy, because a transport may read it after the response has come.
	body := bytes.NewReader(bytes.Clone(payload))
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, u.Address, body)
	if err != nil {
		return nil, stripURL(err)
	}
	r.Header.Set("User-Agent", "tyg")
	maps.Copy(r.Header, u.Header)
	r.Header.Set("Content-Type", "application/json")
	tyg.Inject(ctx, r.Header)
	resp, err := u.httpClient().Do(r)
	if err != nil {
		return nil, stripURL(err)
	}
	defer func() { _ = resp.Body.Close() }() // it was read to its end, or is of no use
	return u.read(resp)
}

// read returns the body of a response if it can be a reply.
func (u *URL) read(resp *http.Response) ([]byte, error) {
	limit := cmp.Or(u.MaxReply, defaultMaxReply)
	body, err := io.ReadAll(io.LimitReader(resp.Body, limit+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("read reply: %w", err)
	case resp.StatusCode < 200 || resp.StatusCode > 299:
		return nil, fmt.Errorf("status %s", resp.Status)
	case int64(len(body)) > limit:
		return nil, fmt.Errorf("reply is larger than %d bytes", limit)
	case !json.Valid(body):
		return nil, errors.New("reply is not JSON")
	}
	return body, nil
}

// redacted returns the address without password and query, for logs.
func (u *URL) redacted() string {
	a, err := url.Parse(u.Address)
	if err != nil {
		return "a malformed URL"
	}
	a.RawQuery, a.Fragment = "", ""
	return a.Redacted()
}

// stripURL removes the URL from an error of the client, because it may hold a secret.
func stripURL(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		return e.Err
	}
	return err
}

// httpClient returns u.Client or the default. The default follows no redirects, because most of
// them would turn an event into a GET without a body.
func (u *URL) httpClient() *http.Client {
	u.once.Do(func() {
		u.client = u.Client
		if u.client == nil {
			u.client = &http.Client{
				Transport: &http.Transport{
					MaxIdleConnsPerHost: 100,
					IdleConnTimeout:     90 * time.Second,
					DisableCompression:  true,
					ForceAttemptHTTP2:   true,
				},
				CheckRedirect: func(*http.Request, []*http.Request) error {
					return http.ErrUseLastResponse
				},
			}
		}
	})
	return u.client
}
