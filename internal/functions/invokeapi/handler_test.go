package invokeapi_test

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

// signed has the shape of a signature, which is enough without Secrets.
const signed = "AWS4-HMAC-SHA256 Credential=AKID/20260101/us-east-1/lambda/aws4_request, " +
	"SignedHeaders=host;x-amz-date, " +
	"Signature=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

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

func TestCalls(t *testing.T) {
	h := start(t, 0)
	base := serve(t, &invokeapi.Handler{Host: h}) + "/2015-03-31/functions/"
	const (
		f         = "f/invocations"
		g         = "g/invocations" // a function that does not exist
		arn       = "arn:aws:lambda:us-east-1:000000000000:function:f"
		notFound  = "ResourceNotFoundException"
		parameter = "InvalidParameterValueException"
		tooLarge  = "RequestTooLargeException"
		denied    = "AccessDeniedException"
	)
	header := func(name, value string) []string { return []string{name, value} }
	kind := func(value string) []string { return header("X-Amz-Invocation-Type", value) }
	text := func(size int) string { return `"` + strings.Repeat("x", size-2) + `"` }
	tests := []struct {
		name, method, path, body string
		header                   []string
		status                   int
		kind                     string
	}{
		{"name", "POST", f, `{"a":1}`, nil, 200, ""},
		{"no payload is an empty object", "POST", f, "", nil, 200, ""},
		{"name with version", "POST", "f:$LATEST/invocations", "1", nil, 200, ""},
		{"escaped", "POST", "f%3A%24LATEST/invocations", "1", nil, 200, ""},
		{"ARN", "POST", arn + "/invocations", "1", nil, 200, ""},
		{"ARN with version", "POST", arn + ":$LATEST/invocations", "1", nil, 200, ""},
		{"partial ARN", "POST", "000000000000:function:f/invocations", "1", nil, 200, ""},
		{"qualifier", "POST", f + "?Qualifier=$LATEST", "1", nil, 200, ""},
		{"other qualifier", "POST", f + "?Qualifier=prod", "1", nil, 404, notFound},
		{"malformed qualifier", "POST", f + "?Qualifier=prod;1", "1", nil, 400, parameter},
		{"two qualifiers", "POST", "f:prod/invocations?Qualifier=test", "1", nil, 400, parameter},
		{"unknown", "POST", g, "1", nil, 404, notFound},
		{"no name", "POST", "a%20b/invocations", "1", nil, 400, "ValidationException"},
		{"dry run", "POST", f, "1", kind("DryRun"), 204, ""},
		{"dry run of an unknown function", "POST", g, "1", kind("DryRun"), 404, notFound},
		{"event", "POST", f, "1", kind("Event"), 202, ""},
		{"other type", "POST", f, "1", kind("event"), 400, parameter},
		{"other log type", "POST", f, "1", header("X-Amz-Log-Type", "All"), 400, parameter},
		{"context", "POST", f, "1", header("X-Amz-Client-Context", "e30="), 200, ""},
		{
			"context that is not JSON", "POST", f, "1",
			header("X-Amz-Client-Context", "eA0K"), 400, parameter,
		},
		{"not JSON", "POST", f, "{", nil, 400, "InvalidRequestContentException"},
		{"over 6 MB", "POST", f, text(6<<20 + 1), nil, 413, tooLarge},
		{"event over 1 MB", "POST", f, text(1<<20 + 1), kind("Event"), 413, tooLarge},
		{"GET", "GET", f, "", nil, 405, "MethodNotAllowedException"},
		{"other path", "POST", "f/configuration", "", nil, 404, "UnknownOperationException"},
		{
			"unsigned", "POST", f, "1",
			header("Authorization", ""), 403, "MissingAuthenticationTokenException",
		},
		{"browser", "POST", f, "1", header("Origin", "https://example.com"), 403, denied},
		{"proxy", "POST", f, "1", header("X-Forwarded-For", "192.0.2.1"), 403, denied},
	}
	for _, tt := range tests {
		resp, body := call(t, tt.method, base+tt.path, tt.body, tt.header...)
		if kind := resp.Header.Get("X-Amzn-Errortype"); resp.StatusCode != tt.status || kind != tt.kind {
			t.Errorf("%s: %d %s %s, want %d %s",
				tt.name, resp.StatusCode, kind, body, tt.status, tt.kind)
		}
		if want := tt.body; tt.status == 200 && body != want && (want != "" || body != "{}") {
			t.Errorf("%s: the reply is %s, want %s", tt.name, body, want)
		}
		if tt.kind != "" && !strings.Contains(body, `"Message":"`) {
			t.Errorf("%s: the body is %s", tt.name, body)
		}
		const answers = "tyg answers Invoke and @connections only"
		if tt.name == "other path" && !strings.Contains(body, answers) {
			t.Errorf("%s: the body is %s", tt.name, body)
		}
		if resp.Header.Get("X-Amzn-Requestid") == "" {
			t.Errorf("%s: no request id", tt.name)
		}
	}
}

func TestFunctionContinuesTheTraceOfItsCaller(t *testing.T) {
	base := serve(t, &invokeapi.Handler{Host: start(t, 0)}) + "/2015-03-31/functions/"
	const parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
	const want = `"Root=1-4bf92f35-77b34da6a3ce929d0e0e4736;Parent=00f067aa0ba902b7;Sampled=1;Self=`
	_, body := call(t, "POST", base+"f/invocations", `{"trace":true}`, "Traceparent", parent)
	if !strings.HasPrefix(body, want) {
		t.Errorf("the function has the trace id %s, want %s…", body, want)
	}
}

// TestAnswerOfSlowFunctionIsSent calls a function that takes longer than the http.Server allows
// from the request to the end of the answer.
func TestAnswerOfSlowFunctionIsSent(t *testing.T) {
	s := httptest.NewUnstartedServer(&invokeapi.Handler{Host: start(t, 1)})
	s.Config.WriteTimeout = 20 * time.Millisecond
	s.Start()
	t.Cleanup(s.Close)
	path := s.URL + "/2015-03-31/functions/f/invocations"
	for payload, want := range map[string]int{`{"Sleep":200}`: 200, `{"Sleep":200,"Fail":"f"}`: 200} {
		if resp, body := call(t, "POST", path, payload); resp.StatusCode != want {
			t.Errorf("%s: status %d %s, want %d", payload, resp.StatusCode, body, want)
		}
	}
}

// sdk returns the AWS SDK's own client with another endpoint and a key.
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

func TestSDK(t *testing.T) {
	h := start(t, 1)
	endpoint := serve(t, &invokeapi.Handler{
		Host: h, Secrets: map[string]string{"AKIDEXAMPLE": "secret"},
	})
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
	if out.FunctionError != nil || aws.ToString(out.ExecutedVersion) != "$LATEST" ||
		out.StatusCode != 200 || string(out.Payload) != `{"Print":"hello\n"}` {
		t.Errorf("%+v: %s", out, out.Payload)
	}
	out, err = invoke("f", `{"Fail":"x"}`)
	if err != nil || aws.ToString(out.FunctionError) != "Unhandled" ||
		string(out.Payload) != `{"errorMessage":"x","errorType":"errorString"}` {
		t.Errorf("%+v, %v", out, err)
	}
	out, err = invoke("f", `{"Exit":1}`)
	if err != nil || aws.ToString(out.FunctionError) != "Unhandled" ||
		!strings.Contains(string(out.Payload), "Runtime.ExitError") {
		t.Errorf("%+v, %v", out, err)
	}
	_, err = invoke("unknown", "{}")
	if e, ok := errors.AsType[*types.ResourceNotFoundException](err); !ok ||
		!strings.Contains(e.ErrorMessage(), "function:unknown") {
		t.Errorf("unknown function: %v", err)
	}
	_, err = invoke("f", strings.Repeat(" ", 6<<20)+"{}")
	if !isType[*types.RequestTooLargeException](err) {
		t.Errorf("too large: %v", err)
	}
	in := &lambda.InvokeInput{FunctionName: aws.String("f")}
	_, err = sdk(endpoint, "wrong").Invoke(t.Context(), in)
	if err == nil || !strings.Contains(err.Error(), "InvalidSignatureException") {
		t.Errorf("wrong key: %v", err)
	}

	ctx, cancel := context.WithCancel(t.Context())
	held := make(chan struct{})
	go func() {
		defer close(held)
		_, _ = h.Invoke(ctx, functions.Invocation{Function: "f", Payload: []byte(`{"Sleep":2000}`)})
	}()
	waitFor(t, "it is busy", func() bool { s, _ := h.Stats("f"); return s.Busy == 1 })
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

// TestCLI runs aws lambda invoke: scripts rely on its exit status and its files.
func TestCLI(t *testing.T) {
	if _, err := exec.LookPath("aws"); err != nil {
		t.Skipf("aws lambda invoke was not run: %v", err)
	}
	h := start(t, 0)
	endpoint := serve(t, &invokeapi.Handler{
		Host: h, Secrets: map[string]string{"AKIDEXAMPLE": "secret"},
	})
	file := filepath.Join(t.TempDir(), "out.json")
	args := []string{
		"lambda", "invoke", "--endpoint-url", endpoint, "--region", "us-east-1",
		"--function-name", "f", "--payload", `{"hello":"cli"}`,
	}
	version, _ := exec.CommandContext(t.Context(), "aws", "--version").CombinedOutput()
	if !strings.HasPrefix(string(version), "aws-cli/1.") { // version 1 takes the payload raw anyway
		args = append(args, "--cli-binary-format", "raw-in-base64-out")
	}
	cmd := exec.CommandContext(t.Context(), "aws", append(args, file)...)
	cmd.Env = append(os.Environ(),
		"AWS_ACCESS_KEY_ID=AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY=secret", "AWS_SESSION_TOKEN=")
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), `"StatusCode": 200`) {
		t.Fatalf("%v: %s", err, out)
	}
	if b, err := os.ReadFile(file); err != nil || string(b) != `{"hello":"cli"}` {
		t.Errorf("%s, %v", b, err)
	}
}
