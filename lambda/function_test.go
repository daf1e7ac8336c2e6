package lambda_test

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/internal/sigv4"
	"github.com/tyg-dev/tyg/lambda"
)

const arn = "arn:aws:lambda:eu-central-1:123456789012:function:chat:live"

func newFunction(t testing.TB, cfg lambda.FunctionConfig, web roundTrip) *lambda.Function {
	t.Helper()
	cfg.HTTPClient = web.client()
	if cfg.ARN == "" {
		cfg.ARN = arn
	}
	cfg.Credentials = key
	f, err := lambda.NewFunction(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestFunction(t *testing.T) {
	tests := []struct{ arn, endpoint, url string }{
		{arn, "", "https://lambda.eu-central-1.amazonaws.com/2015-03-31/functions/" +
			"arn%3Aaws%3Alambda%3Aeu-central-1%3A123456789012%3Afunction%3Achat%3Alive/invocations"},
		{
			"arn:aws-cn:lambda:cn-north-1:1:function:a_b",
			"",
			"https://lambda.cn-north-1.amazonaws.com.cn/" +
				"2015-03-31/functions/arn%3Aaws-cn%3Alambda%3Acn-north-1%3A1%3Afunction%3Aa_b/invocations",
		},
		{"arn:aws:lambda:r:1:function:f", "http://127.0.0.1:3001/", "http://127.0.0.1:3001/" +
			"2015-03-31/functions/arn%3Aaws%3Alambda%3Ar%3A1%3Afunction%3Af/invocations"},
		{"arn:aws:lambda:r:1:function:f:$LATEST", "http://127.0.0.1:3001", "http://127.0.0.1:3001/" +
			"2015-03-31/functions/arn%3Aaws%3Alambda%3Ar%3A1%3Afunction%3Af%3A%24LATEST/invocations"},
	}
	for _, tt := range tests {
		f := newFunction(
			t,
			lambda.FunctionConfig{ARN: tt.arn, Endpoint: tt.endpoint},
			func(r *request) (*response, error) {
				body, err := io.ReadAll(r.Body)
				if err != nil {
					t.Fatal(err)
				}
				if r.Method != "POST" || r.URL.String() != tt.url || string(body) != `{"a":1}` {
					t.Errorf("%s %s with %s, want POST %s", r.Method, r.URL, body, tt.url)
				}
				v := sigv4.Verifier{
					Service: "lambda",
					Keys:    func(string) (string, bool) { return key.SecretAccessKey, true },
				}
				if _, err := v.Verify(r, body); err != nil {
					t.Error(err)
				}
				return respond(200, "", `{"statusCode":200}`)
			},
		)
		if got, err := f.Invoke(t.Context(), []byte(`{"a":1}`)); err != nil ||
			string(got) != `{"statusCode":200}` {
			t.Errorf("%s: %s, %v", tt.arn, got, err)
		}
	}
}

func TestNewFunctionErrors(t *testing.T) {
	for _, arn := range []string{
		"", "chat", "arn:aws:lambda:r:1:layer:x", "arn:aws:lambda::1:function:x",
		"arn:aws:lambda:r:1:function:",
		"arn:aws:lambda:r:1:function:x:1:2", "arn:aws:lambda:r/../x:1:function:x",
		"arn:aws:s3:r:1:function:x",
	} {
		if _, err := lambda.NewFunction(lambda.FunctionConfig{ARN: arn, Credentials: key}); err == nil ||
			!strings.Contains(err.Error(), "want arn:aws:lambda:") {
			t.Errorf("%q: %v", arn, err)
		}
	}
	if _, err := lambda.NewFunction(lambda.FunctionConfig{ARN: arn}); err == nil {
		t.Error("no credentials are no error")
	}
	cfg := lambda.FunctionConfig{ARN: arn, Credentials: key, Endpoint: "http://%zz"}
	if _, err := lambda.NewFunction(cfg); err == nil {
		t.Error("an endpoint that is none is no error")
	}
}

func TestFunctionErrors(t *testing.T) {
	tests := []struct {
		name string
		body string
		want lambda.FunctionError
	}{
		{
			"Go",
			`{"errorMessage":"boom","errorType":"errorString","stackTrace":[{"path":"a.go","line":1}]}`,
			lambda.FunctionError{
				Type:    "errorString",
				Message: "boom",
				Stack:   []string{`{"path":"a.go","line":1}`},
			},
		},
		{
			"Python", `{"errorMessage":"boom","errorType":"ValueError","stackTrace":["  File \"x\"\n"]}`,
			lambda.FunctionError{Type: "ValueError", Message: "boom", Stack: []string{"  File \"x\"\n"}},
		},
		{
			"timeout", `{"errorType":"Sandbox.Timedout","errorMessage":"Task timed out after 3.00 seconds"}`,
			lambda.FunctionError{Type: "Sandbox.Timedout", Message: "Task timed out after 3.00 seconds"},
		},
		{"no JSON", "boom", lambda.FunctionError{Type: "Unhandled"}},
	}
	for _, tt := range tests {
		f := newFunction(t, lambda.FunctionConfig{}, func(*request) (*response, error) {
			res, err := respond(200, "", tt.body)
			res.Header.Set("X-Amz-Function-Error", "Unhandled")
			return res, err
		})
		_, err := f.Invoke(t.Context(), nil)
		e, ok := errors.AsType[*lambda.FunctionError](err)
		if !ok || e.Type != tt.want.Type || e.Message != tt.want.Message ||
			!slices.Equal(e.Stack, tt.want.Stack) {
			t.Errorf("%s: %#v", tt.name, err)
		}
	}
}

func TestServiceErrors(t *testing.T) {
	tests := []struct {
		status   int
		kind     string
		is       error
		requests int // 0: as many as there is time for
	}{
		{404, "ResourceNotFoundException", nil, 1},
		{403, "AccessDeniedException", nil, 1},
		{413, "RequestTooLargeException", tyg.ErrTooLarge, 1},
		{429, "TooManyRequestsException", tyg.ErrThrottled, 0},
		{503, "ServiceUnavailableException", nil, 0},
		{500, "ServiceException", nil, 1},
		{502, "EC2UnexpectedException", nil, 1},
	}
	for _, tt := range tests {
		synctest.Test(t, func(t *testing.T) {
			requests := 0
			f := newFunction(t, lambda.FunctionConfig{}, func(*request) (*response, error) {
				requests++
				return respond(tt.status, tt.kind+":http://x", `{"Message":"why"}`)
			})
			_, err := f.Invoke(t.Context(), nil)
			e, ok := errors.AsType[*lambda.ServiceError](err)
			if !ok || e.Status != tt.status || e.Type != tt.kind || e.Message != "why" {
				t.Errorf("%d: %v", tt.status, err)
			}
			if tt.is != nil && !errors.Is(err, tt.is) || tt.is == nil && errors.Is(err, tyg.ErrThrottled) {
				t.Errorf("%d: %v is not %v", tt.status, err, tt.is)
			}
			if tt.requests > 0 && requests != tt.requests || tt.requests == 0 && requests < 6 {
				t.Errorf("%d: %d requests", tt.status, requests)
			}
		})
	}
}

func TestFunctionPayloadOver6MB(t *testing.T) {
	requests := 0
	f := newFunction(t, lambda.FunctionConfig{}, func(*request) (*response, error) {
		requests++
		return respond(200, "", strings.Repeat("x", 6<<20+200))
	})
	if _, err := f.Invoke(t.Context(), make([]byte, 6<<20+200)); !errors.Is(err, tyg.ErrTooLarge) ||
		requests != 0 {
		t.Errorf("an event over 6 MB: %v after %d requests", err, requests)
	}
	if _, err := f.Invoke(t.Context(), nil); err == nil ||
		!strings.Contains(err.Error(), "more than") {
		t.Errorf("a reply over 6 MB: %v", err)
	}
}

// TestLostAnswerIsNotInvokedAgain has a network that loses answers.
func TestLostAnswerIsNotInvokedAgain(t *testing.T) {
	requests := 0
	f := newFunction(t, lambda.FunctionConfig{}, func(*request) (*response, error) {
		requests++
		return nil, io.ErrUnexpectedEOF
	})
	if _, err := f.Invoke(t.Context(), nil); !errors.Is(err, io.ErrUnexpectedEOF) || requests != 1 {
		t.Errorf("%v after %d requests", err, requests)
	}
}

func TestFunctionTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFunction(t, lambda.FunctionConfig{}, func(r *request) (*response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		})
		ctx, cancel := context.WithTimeout(t.Context(), 29*time.Second)
		defer cancel()
		if _, err := f.Invoke(ctx, nil); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v", err)
		}
	})
}
