package lambda

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/internal/partition"
)

// maxPayload is the maximum length of an event and of a reply, in bytes: 6 MiB and the envelope.
// (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html)
const maxPayload = 6<<20 + 100

// functionConns is how many idle connections a Function keeps. There may be more in use.
const functionConns = 100

// FunctionConfig says which Lambda function to invoke, and how.
type FunctionConfig struct {
	// ARN names the function: arn:aws:lambda:REGION:ACCOUNT:function:NAME, and optionally, after
	// another colon, a version or an alias.
	ARN string

	// Name and Region name a function of the account that Credentials belong to. A version or an
	// alias may follow Name after a colon. ARN goes before.
	Name, Region string

	// Endpoint is where the Lambda service is. Empty means its place in the function's region.
	Endpoint string

	// Credentials sign the requests. They need the permission lambda:InvokeFunction.
	Credentials CredentialsProvider

	// HTTPClient is as in SenderConfig, but waits as long as a function may run. Functions may share
	// one.
	HTTPClient *http.Client

	// RetryFor is how long an invocation that is throttled is tried again, as in SenderConfig.
	RetryFor time.Duration
}

// A Function is a Lambda function on AWS, as an integration of routes: it is invoked with an event
// and returns a proxy reply. It may be used by many goroutines at once.
type Function struct {
	url      *url.URL
	client   client
	retryFor time.Duration
}

// NewFunction returns a Function. It makes no request.
func NewFunction(cfg FunctionConfig) (*Function, error) {
	name, region, err := cfg.function()
	if err != nil {
		return nil, err
	}
	if cfg.Credentials == nil {
		return nil, errors.New("there are no AWS credentials; set Credentials")
	}
	if cfg.Endpoint == "" {
		cfg.Endpoint = "https://lambda." + region + "." + partition.Suffix(region)
	}
	// The signature covers the path as it is sent, so the path is escaped as the AWS SDKs escape it.
	// (https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html)
	u, err := url.Parse(strings.TrimRight(cfg.Endpoint, "/") +
		"/2015-03-31/functions/" + url.QueryEscape(name) + "/invocations")
	if err != nil {
		return nil, fmt.Errorf("parse endpoint: %w", err)
	}
	return &Function{
		url: u,
		client: client{
			http:        newHTTPClient(cfg.HTTPClient, functionConns, maxTimeout),
			credentials: cfg.Credentials,
			service:     "lambda", region: region,
		},
		retryFor: cfg.RetryFor,
	}, nil
}

// function returns the name of the function in URLs, and its region.
func (cfg FunctionConfig) function() (name, region string, err error) {
	if cfg.ARN != "" || cfg.Name == "" {
		region, err = regionOfARN(cfg.ARN)
		return cfg.ARN, region, err
	}
	plain, qualifier, qualified := strings.Cut(cfg.Name, ":")
	if !isPlain(plain) || qualified && !isPlain(qualifier) || cfg.Region == "" {
		return "", "", fmt.Errorf(
			"function %q in region %q: want a name and a region",
			cfg.Name,
			cfg.Region,
		)
	}
	return cfg.Name, cfg.Region, nil
}

// regionOfARN checks an ARN and returns its region.
// (https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html#lambda-Invoke-request-FunctionName)
func regionOfARN(arn string) (string, error) {
	parts := strings.Split(arn, ":")
	ok := (len(parts) == 7 || len(parts) == 8) &&
		parts[0] == "arn" && parts[2] == "lambda" && parts[5] == "function"
	for _, part := range parts {
		ok = ok && isPlain(part)
	}
	if !ok {
		return "", fmt.Errorf("function %q: want arn:aws:lambda:REGION:ACCOUNT:function:NAME", arn)
	}
	return parts[3], nil
}

// Invoke calls the function with an event and returns what it returned, both as JSON. The result is
// the caller's.
//
// A function that failed is a [*FunctionError], a call that the service refused a [*ServiceError],
// and an event or reply over 6 MB is tyg.ErrTooLarge. Invocations that were throttled or certainly
// did not reach the service are tried again; others are not, because the function may have run.
func (f *Function) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	if len(payload) > maxPayload {
		return nil, fmt.Errorf("invoke function: %w", tyg.ErrTooLarge)
	}
	return f.invoke(ctx, f.request(payload))
}

// Enqueue invokes the function asynchronously with an event of up to 1 MB, and returns as soon as
// Lambda has queued it. Lambda invokes a function that fails up to two more times. The errors are
// those of Invoke.
// (https://docs.aws.amazon.com/lambda/latest/dg/invocation-async.html)
func (f *Function) Enqueue(ctx context.Context, payload []byte) error {
	r := f.request(payload)
	r.headers.Set("X-Amz-Invocation-Type", "Event")
	_, err := f.invoke(ctx, r)
	return err
}

func (f *Function) request(payload []byte) request {
	return request{
		method: http.MethodPost, url: f.url, body: payload, most: maxPayload,
		headers: http.Header{"Content-Type": {"application/json"}},
	}
}

// invoke makes attempts until one is final.
func (f *Function) invoke(ctx context.Context, r request) ([]byte, error) {
	retry := newBackoff(ctx, f.retryFor)
	for n := 1; ; n++ {
		body, tries, err := f.attempt(ctx, r)
		if err == nil {
			return body, nil
		}
		if n >= tries || !retry.wait(ctx) {
			return nil, fmt.Errorf("invoke function: %w", err)
		}
	}
}

// attempt invokes the function once. tries is how many attempts its outcome is worth.
func (f *Function) attempt(ctx context.Context, r request) (body []byte, tries int, err error) {
	a, unsent, err := f.client.do(ctx, r)
	switch {
	case err != nil && unsent && ctx.Err() == nil:
		return nil, atMostThree, err
	case err != nil:
		return nil, once, err
	case a.status != http.StatusOK && a.status != http.StatusAccepted:
		return nil, triesFor(a.status), serviceError(a)
	case a.header.Get(functionErrorHeader) != "":
		return nil, once, functionError(a)
	}
	return a.body, once, nil
}

func triesFor(status int) int {
	if status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable {
		return always
	}
	return once
}

// functionErrorHeader is present if the function failed; the status is 200 even then.
const functionErrorHeader = "X-Amz-Function-Error"

// A FunctionError is the failure of a Lambda function that was invoked.
type FunctionError struct {
	Type    string // of the error: in Go, the name of its type; Lambda's own are like Sandbox.Timedout
	Message string
	Stack   []string // innermost call first; a line that is not text is JSON
}

// Error says what failed, without the stack.
func (e *FunctionError) Error() string {
	return fmt.Sprintf("function failed: %s: %s", e.Type, e.Message)
}

// functionError reads the report of a runtime. Runtimes write stacks in different ways.
// (https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html#runtimes-api-invokeerror)
func functionError(a answer) error {
	var in struct {
		Message string            `json:"errorMessage"`
		Type    string            `json:"errorType"`
		Stack   []json.RawMessage `json:"stackTrace"`
	}
	_ = json.Unmarshal(a.body, &in) // a body that is not JSON has no message
	e := &FunctionError{Type: in.Type, Message: in.Message}
	if e.Type == "" {
		e.Type = a.header.Get(functionErrorHeader)
	}
	for _, raw := range in.Stack {
		line := string(raw)
		_ = json.Unmarshal(raw, &line) // a line that is no string stays JSON
		e.Stack = append(e.Stack, line)
	}
	return e
}

// A ServiceError is a call that the Lambda service did not serve. Below status 500 nothing ran.
type ServiceError struct {
	Status  int    // HTTP status
	Type    string // such as ResourceNotFoundException
	Message string
}

// Error says why the call was refused.
func (e *ServiceError) Error() string {
	return fmt.Sprintf("HTTP status %d: %s: %s", e.Status, e.Type, e.Message)
}

// Is reports that a throttled call is tyg.ErrThrottled, and one that is too large tyg.ErrTooLarge.
func (e *ServiceError) Is(target error) bool {
	return e.Status == http.StatusTooManyRequests && target == tyg.ErrThrottled ||
		e.Status == http.StatusRequestEntityTooLarge && target == tyg.ErrTooLarge
}

func serviceError(a answer) error {
	// A colon and a URL may follow.
	kind, _, _ := strings.Cut(a.header.Get("X-Amzn-Errortype"), ":")
	return &ServiceError{Status: a.status, Type: kind, Message: a.message()}
}
