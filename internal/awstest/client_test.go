package awstest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/smithy-go"

	"github.com/tyg-dev/tyg/internal/awstest"
	"github.com/tyg-dev/tyg/internal/sigv4"
)

// start returns an empty account and the configuration with which AWS's own clients reach it. Each
// call is tried twice, without a pause. The test fails if there are violations in the end.
func start(t *testing.T) (*awstest.Cloud, aws.Config) {
	t.Helper()
	c, cfg := startBad(t)
	t.Cleanup(func() {
		for _, v := range c.Violations() {
			t.Errorf("violation: %s", v)
		}
	})
	return c, cfg
}

// startBad is start for tests that violate on purpose.
func startBad(t *testing.T) (*awstest.Cloud, aws.Config) {
	t.Helper()
	c := awstest.New()
	srv := httptest.NewServer(c)
	t.Cleanup(srv.Close)
	return c, aws.Config{
		Region: awstest.Region, BaseEndpoint: aws.String(srv.URL),
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			id, secret := c.Key()
			return aws.Credentials{AccessKeyID: id, SecretAccessKey: secret}, nil
		}),
		Retryer: func() aws.Retryer {
			return retry.NewStandard(func(o *retry.StandardOptions) {
				o.MaxAttempts, o.MaxBackoff = 2, time.Nanosecond
				o.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) {
					return 0, nil
				})
				o.RateLimiter = noLimit{}
			})
		},
	}
}

// noLimit is a rate limiter that never limits.
type noLimit struct{}

func (noLimit) GetToken(context.Context, uint) (func() error, error) {
	return func() error { return nil }, nil
}

func (noLimit) AddTokens(uint) error { return nil }

// code returns the code of an error of AWS: "" for none, "?" for another.
func code(err error) string {
	var e smithy.APIError
	switch {
	case err == nil:
		return ""
	case errors.As(err, &e):
		return e.ErrorCode()
	default:
		return "?"
	}
}

// wantCode fails the test if err does not have the code; "" is no error.
func wantCode(t *testing.T, what string, err error, want string) {
	t.Helper()
	if got := code(err); got != want {
		t.Errorf("%s: %v, want code %q", what, err, want)
	}
}

// send signs a request for a service and sends it, and returns status and body.
func send(t *testing.T, c *awstest.Cloud, service string, r *http.Request) (int, string) {
	t.Helper()
	body := []byte{}
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			t.Fatal(err)
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	id, secret := c.Key()
	sigv4.Sign(r, body, sigv4.Credentials{AccessKeyID: id, SecretAccessKey: secret},
		awstest.Region, service, time.Now())
	w := httptest.NewRecorder()
	c.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

// rpc makes a request of the JSON protocol for CloudWatch Logs.
func rpc(operation string, input any) *http.Request {
	return target("Logs_20140328."+operation, "application/x-amz-json-1.1", input)
}

// dynamo makes a request of the JSON protocol for DynamoDB.
func dynamo(operation string, input any) *http.Request {
	return target("DynamoDB_20120810."+operation, "application/x-amz-json-1.0", input)
}

func target(name, contentType string, input any) *http.Request {
	body, _ := json.Marshal(input)
	r := httptest.NewRequest(http.MethodPost, "/", bytes.NewReader(body))
	r.Header.Set("X-Amz-Target", name)
	r.Header.Set("Content-Type", contentType)
	return r
}
