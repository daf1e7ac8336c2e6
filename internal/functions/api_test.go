package functions_test

import (
	"context"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/tyg-dev/tyg/internal/functions"
	"github.com/tyg-dev/tyg/internal/functions/invokeapi"
)

// serveAPI serves the Invoke API until the test ends.
func serveAPI(t *testing.T, a *invokeapi.Handler) string {
	t.Helper()
	s := httptest.NewServer(a)
	t.Cleanup(s.Close)
	return s.URL
}

// signed has the shape of a signature, which is enough without Secrets.
const signed = "AWS4-HMAC-SHA256 Credential=AKID/20260101/us-east-1/lambda/aws4_request, " +
	"SignedHeaders=host;x-amz-date, Signature=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

func call(t *testing.T, method, address, body string, header ...string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", signed)
	r.Header.Set("X-Amz-Date", "20260101T000000Z")
	for i := 0; i < len(header); i += 2 {
		if r.Header.Set(header[i], header[i+1]); header[i+1] == "" {
			r.Header.Del(header[i])
		}
	}
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(b)
}

func TestAPIRaw(t *testing.T) {
	h := start(t, &functions.Host{}, self("echo"))
	base := serveAPI(t, &invokeapi.Handler{Host: h}) + "/2015-03-31/functions/"
	const invocations = "/invocations"
	arn := "arn:aws:lambda:us-east-1:000000000000:function:f"
	tests := []struct {
		name, method, path, body string
		header                   []string
		status                   int
		kind                     string
	}{
		{"name", "POST", "f" + invocations, `{"a":1}`, nil, 200, ""},
		{"no payload is an empty object", "POST", "f" + invocations, "", nil, 200, ""},
		{"name with version", "POST", "f:$LATEST" + invocations, "1", nil, 200, ""},
		{"escaped", "POST", "f%3A%24LATEST" + invocations, "1", nil, 200, ""},
		{"ARN", "POST", arn + invocations, "1", nil, 200, ""},
		{"ARN with version", "POST", arn + ":$LATEST" + invocations, "1", nil, 200, ""},
		{"partial ARN", "POST", "000000000000:function:f" + invocations, "1", nil, 200, ""},
		{"qualifier", "POST", "f" + invocations + "?Qualifier=$LATEST", "1", nil, 200, ""},
		{"other qualifier", "POST", "f" + invocations + "?Qualifier=prod", "1", nil, 404, "ResourceNotFoundException"},
		{"two qualifiers", "POST", "f:prod" + invocations + "?Qualifier=test", "1", nil, 400, "InvalidParameterValueException"},
		{"unknown", "POST", "g" + invocations, "1", nil, 404, "ResourceNotFoundException"},
		{"no name", "POST", "a%20b" + invocations, "1", nil, 400, "ValidationException"},
		{"dry run", "POST", "f" + invocations, "1", []string{"X-Amz-Invocation-Type", "DryRun"}, 204, ""},
		{"dry run of nothing", "POST", "g" + invocations, "1", []string{"X-Amz-Invocation-Type", "DryRun"}, 404, "ResourceNotFoundException"},
		{"event", "POST", "f" + invocations, "1", []string{"X-Amz-Invocation-Type", "Event"}, 202, ""},
		{"other type", "POST", "f" + invocations, "1", []string{"X-Amz-Invocation-Type", "event"}, 400, "InvalidParameterValueException"},
		{"other log type", "POST", "f" + invocations, "1", []string{"X-Amz-Log-Type", "All"}, 400, "InvalidParameterValueException"},
		{"context", "POST", "f" + invocations, "1", []string{"X-Amz-Client-Context", "e30="}, 200, ""},
		{"context that is no JSON", "POST", "f" + invocations, "1", []string{"X-Amz-Client-Context", "eA0K"}, 400, "InvalidParameterValueException"},
		{"no JSON", "POST", "f" + invocations, "{", nil, 400, "InvalidRequestContentException"},
		{"6 MB and one", "POST", "f" + invocations, `"` + strings.Repeat("x", 6<<20-1) + `"`, nil, 413, "RequestTooLargeException"},
		{"event of 1 MB and one", "POST", "f" + invocations, `"` + strings.Repeat("x", 1<<20-1) + `"`, []string{"X-Amz-Invocation-Type", "Event"}, 413, "RequestTooLargeException"},
		{"GET", "GET", "f" + invocations, "", nil, 405, "MethodNotAllowedException"},
		{"other path", "POST", "f/configuration", "", nil, 404, "UnknownOperationException"},
		{"unsigned", "POST", "f" + invocations, "1", []string{"Authorization", ""}, 403, "MissingAuthenticationTokenException"},
		{"browser", "POST", "f" + invocations, "1", []string{"Origin", "https://example.com"}, 403, "AccessDeniedException"},
		{"proxy", "POST", "f" + invocations, "1", []string{"X-Forwarded-For", "192.0.2.1"}, 403, "AccessDeniedException"},
	}
	for _, tt := range tests {
		resp, body := call(t, tt.method, base+tt.path, tt.body, tt.header...)
		if resp.StatusCode != tt.status || resp.Header.Get("X-Amzn-Errortype") != tt.kind {
			t.Errorf("%s: %d %s %s, want %d %s", tt.name, resp.StatusCode, resp.Header.Get("X-Amzn-Errortype"), body, tt.status, tt.kind)
		}
		if want := tt.body; tt.status == 200 && body != want && (want != "" || body != "{}") {
			t.Errorf("%s: the reply is %s, want %s", tt.name, body, want)
		}
		if tt.kind != "" && !strings.Contains(body, `"Message":"`) {
			t.Errorf("%s: the body is %s", tt.name, body)
		}
		if resp.Header.Get("X-Amzn-Requestid") == "" {
			t.Errorf("%s: no request id", tt.name)
		}
	}
}

// sdk is the AWS SDK's own client, with nothing but another endpoint and a key.
func sdk(endpoint, secret string) *lambda.Client {
	return lambda.New(lambda.Options{
		BaseEndpoint:     aws.String(endpoint),
		Region:           "eu-central-1",
		RetryMaxAttempts: 1,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: secret}, nil
		}),
	})
}

func TestAPIWithSDK(t *testing.T) {
	fn := self("orders")
	fn.Concurrency = 1
	h := start(t, &functions.Host{}, fn)
	endpoint := serveAPI(t, &invokeapi.Handler{Host: h, Secrets: map[string]string{"AKIDEXAMPLE": "secret"}})
	client := sdk(endpoint, "secret")
	invoke := func(name, payload string) (*lambda.InvokeOutput, error) {
		return client.Invoke(t.Context(), &lambda.InvokeInput{
			FunctionName: aws.String(name), Payload: []byte(payload), LogType: types.LogTypeTail,
		})
	}
	out, err := invoke("f", `{"Print":"hello\n"}`)
	if err != nil {
		t.Fatal(err)
	}
	log, err := base64.StdEncoding.DecodeString(aws.ToString(out.LogResult))
	if err != nil || !strings.Contains(string(log), "\nhello\nEND RequestId: ") {
		t.Errorf("log %q, %v", log, err)
	}
	if out.FunctionError != nil || aws.ToString(out.ExecutedVersion) != "$LATEST" || out.StatusCode != 200 ||
		!strings.HasPrefix(string(out.Payload), `{"PID":`) {
		t.Errorf("%+v: %s", out, out.Payload)
	}
	out, err = invoke("f", `{"Fail":"x"}`)
	if err != nil || aws.ToString(out.FunctionError) != "Unhandled" || string(out.Payload) != `{"errorMessage":"x","errorType":"errorString"}` {
		t.Errorf("%+v, %v", out, err)
	}
	out, err = invoke("f", `{"Exit":1}`)
	if err != nil || aws.ToString(out.FunctionError) != "Unhandled" || !strings.Contains(string(out.Payload), "Runtime.ExitError") {
		t.Errorf("%+v, %v", out, err)
	}
	_, err = invoke("unknown", "{}")
	if e, ok := errors.AsType[*types.ResourceNotFoundException](err); !ok || !strings.Contains(e.ErrorMessage(), "function:unknown") {
		t.Errorf("unknown function: %v", err)
	}
	if _, err = invoke("f", strings.Repeat(" ", 6<<20)+"{}"); !isType[*types.RequestTooLargeException](err) {
		t.Errorf("too large: %v", err)
	}
	if _, err = sdk(endpoint, "wrong").Invoke(t.Context(), &lambda.InvokeInput{FunctionName: aws.String("f")}); err == nil ||
		!strings.Contains(err.Error(), "InvalidSignatureException") {
		t.Errorf("wrong key: %v", err)
	}

	ctx, cancel := context.WithCancel(t.Context())
	held := make(chan struct{})
	go func() {
		defer close(held)
		_, _ = h.Invoke(ctx, functions.Invocation{Function: "f", Payload: []byte(`{"Sleep":2000}`)})
	}()
	until(t, "it is busy", func() bool { s, _ := h.Stats("f"); return s.Busy == 1 })
	if _, err = invoke("f", "{}"); !isType[*types.TooManyRequestsException](err) {
		t.Errorf("all busy: %v", err)
	}
	cancel()
	<-held
}

func isType[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}

// TestAPIWithCLI: aws lambda invoke. Its exit status and its files are what people script with.
func TestAPIWithCLI(t *testing.T) {
	if _, err := exec.LookPath("aws"); err != nil {
		t.Skipf("aws lambda invoke was not run: %v", err)
	}
	h := start(t, &functions.Host{}, self("echo"))
	endpoint := serveAPI(t, &invokeapi.Handler{Host: h, Secrets: map[string]string{"AKIDEXAMPLE": "secret"}})
	file := filepath.Join(t.TempDir(), "out.json")
	args := []string{
		"lambda", "invoke", "--endpoint-url", endpoint, "--region", "us-east-1",
		"--function-name", "f", "--payload", `{"hello":"cli"}`,
	}
	if version, _ := exec.CommandContext(t.Context(), "aws", "--version").CombinedOutput(); !strings.HasPrefix(string(version), "aws-cli/1.") {
		args = append(args, "--cli-binary-format", "raw-in-base64-out") // as version 1 takes it anyway
	}
	cmd := exec.CommandContext(t.Context(), "aws", append(args, file)...)
	cmd.Env = append(os.Environ(), "AWS_ACCESS_KEY_ID=AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY=secret", "AWS_SESSION_TOKEN=")
	if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), `"StatusCode": 200`) {
		t.Fatalf("%v: %s", err, out)
	}
	if b, err := os.ReadFile(file); err != nil || string(b) != `{"hello":"cli"}` {
		t.Errorf("%s, %v", b, err)
	}
}

func TestEnqueue(t *testing.T) {
	var l log
	gaveUp := make(chan functions.Warning, 1)
	h := start(t, &functions.Host{
		Output: l.add, RetryDelay: 10 * time.Millisecond, Queue: 1,
		Warn: func(w functions.Warning) { gaveUp <- w },
	}, self("orders"))
	id, err := h.Enqueue(functions.Invocation{Function: "f", Payload: []byte(`{"Print":"try\n","Fail":"x"}`)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.Enqueue(functions.Invocation{Function: "f"}); !errors.Is(err, functions.ErrThrottled) {
		t.Errorf("a second event, where one may be on its way: %v", err)
	}
	if w := <-gaveUp; w.Kind != functions.WarnRetriesExhausted || w.RequestID != id || !strings.Contains(w.Detail, "3 attempts") {
		t.Errorf("warning %v", w)
	}
	tries := 0
	for _, line := range l.all() {
		if line.Text == "try" && line.RequestID == id {
			tries++
		}
	}
	if tries != 3 {
		t.Errorf("it was tried %d times", tries)
	}
	if _, err := h.Enqueue(functions.Invocation{Function: "g"}); !errors.Is(err, functions.ErrNotFound) {
		t.Errorf("unknown function: %v", err)
	}
}
