//go:build !tyg.lambda

package host_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"
)

// echoed is a message event for the program, as API Gateway sends it.
const echoed = `{"requestContext":{"routeKey":"$default","eventType":"MESSAGE",` +
	`"requestId":"R1knPH17NjMFftw=",` +
	`"connectionId":"R1kmxc2VNjMCFIA=","messageId":"R1knPc2ntjMCFIA=","stage":"prod",` +
	`"apiId":"abcd1234",` +
	`"domainName":"chat.example.com","connectedAt":1705751697419,"requestTimeEpoch":1705751700453},` +
	`"body":"hi","isBase64Encoded":false}`

// aws stands for the two services that a function talks to: Lambda's Runtime API, which hands out
// one event, and @connections.
type aws struct {
	next        chan struct{} // has a value for the event
	sent, reply chan string
}

func (a *aws) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		body = []byte(err.Error())
	}
	switch r.URL.Path {
	case "/2018-06-01/runtime/invocation/next":
		select {
		case <-a.next:
			w.Header().Set("Lambda-Runtime-Aws-Request-Id", "1")
			w.Header().Set("Lambda-Runtime-Deadline-Ms", fmt.Sprint(time.Now().Add(patience).UnixMilli()))
			_, _ = io.WriteString(w, echoed)
		case <-r.Context().Done(): // the process has ended
		}
	case "/2018-06-01/runtime/invocation/1/response", "/2018-06-01/runtime/invocation/1/error":
		w.WriteHeader(http.StatusAccepted)
		a.reply <- r.URL.Path + " " + string(body)
	default:
		a.sent <- r.Method + " " + r.URL.Path + " " + string(body)
	}
}

// TestRunInLambda runs the program where Lambda would.
func TestRunInLambda(t *testing.T) {
	services := &aws{make(chan struct{}, 1), make(chan string, 1), make(chan string, 1)}
	web := httptest.NewServer(services)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0], "-not-a-flag") // Run ignores Lambda's command line
	var out bytes.Buffer
	cmd.Stdout = &out
	cmd.Env = []string{
		asProgram + "=main", "AWS_LAMBDA_RUNTIME_API=" + web.Listener.Addr().String(),
		"AWS_REGION=us-east-1", "AWS_ACCESS_KEY_ID=AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY=secret",
		"TYG_ENDPOINT=" + web.URL + "/prod",
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	services.next <- struct{}{}
	want := []struct {
		name string
		from chan string
		text string
	}{
		{"sent", services.sent, "POST /prod/@connections/R1kmxc2VNjMCFIA= hi"},
		{"replied", services.reply, `/2018-06-01/runtime/invocation/1/response {"statusCode":200}`},
	}
	for _, w := range want {
		select {
		case got := <-w.from:
			if got != w.text {
				t.Errorf("the function %s %s, want %s", w.name, got, w.text)
			}
		case <-ctx.Done():
			t.Fatalf("the function has not %s", w.name)
		}
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	web.CloseClientConnections()
	web.Close()
	if out.Len() > 0 {
		t.Errorf("standard output: %s", out.String())
	}
}

// TestRunInLambdaErrors runs with an endpoint that is no URL. The log and Lambda are told.
func TestRunInLambdaErrors(t *testing.T) {
	told := make(chan string, 1)
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body) // the test fails if there is none
		told <- r.Method + " " + r.URL.Path + " " + string(body)
		w.WriteHeader(http.StatusAccepted)
	}))
	defer web.Close()
	t.Setenv("AWS_LAMBDA_RUNTIME_API", web.Listener.Addr().String())
	t.Setenv("TYG_ENDPOINT", "nonsense")
	out, err := toTheEnd(t, "main")
	if err == nil || !strings.Contains(out, `endpoint "nonsense"`) {
		t.Errorf("%v: %s", err, out)
	}
	const path = "POST /2018-06-01/runtime/init/error "
	select {
	case got := <-told:
		if !strings.HasPrefix(got, path) || !strings.Contains(got, `endpoint \"nonsense\"`) {
			t.Errorf("Lambda was told %s", got)
		}
	default:
		t.Error("Lambda was told nothing")
	}
}

// TestBuildForLambda looks at what is linked with the tags of "tyg deploy" and without. Clients of
// AWS services, but the one that the chat keeps its rooms with, and the SDK's search for
// credentials would make the function start slowly.
func TestBuildForLambda(t *testing.T) {
	const module, service = "github.com/tyg-dev/tyg/", "github.com/aws/aws-sdk-go-v2/service/"
	third := []string{"net/rpc", "github.com/nats-io/", "github.com/aws/"}
	tests := []struct {
		program, tags string
		gateway       bool
		services      []string
		never         []string
	}{
		{"echo", "lambda.norpc,tyg.lambda", false, nil, third},
		{
			"chat",
			"lambda.norpc,tyg.lambda",
			false,
			[]string{"dynamodb", "internal"},
			[]string{"net/rpc", "nats-io/"},
		},
		{"echo", "", true, nil, third},
		{"chat", "", true, nil, third},
	}
	for _, tt := range tests {
		deps := linked(t, tt.program, tt.tags)
		for _, name := range []string{"gateway", "internal/ws", "internal/sock"} {
			if got := slices.Contains(deps, module+name); got != tt.gateway {
				t.Errorf("%s with tags %q: %s is linked: %v", tt.program, tt.tags, name, got)
			}
		}
		if !slices.Contains(deps, module+"lambda") {
			t.Errorf("%s with tags %q: lambda is not linked", tt.program, tt.tags)
		}
		never := append(tt.never, "aws-sdk-go-v2/config")
		for _, d := range deps {
			name, isService := strings.CutPrefix(d, service)
			name, _, _ = strings.Cut(name, "/")
			if isService && !slices.Contains(tt.services, name) ||
				slices.ContainsFunc(never, func(part string) bool { return strings.Contains(d, part) }) {
				t.Errorf("%s with tags %q: %s is linked", tt.program, tt.tags, d)
			}
		}
	}
}

// linked returns the packages of an example as it is built for Lambda.
func linked(t *testing.T, program, tags string) []string {
	t.Helper()
	cmd := exec.CommandContext(
		t.Context(),
		"go",
		"list",
		"-deps",
		"-tags",
		tags,
		"../examples/"+program,
	)
	cmd.Env = append(os.Environ(), "GOOS=linux", "GOARCH=arm64", "CGO_ENABLED=0")
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.Fields(string(out))
}

// TestRunWhereItCannot runs a program that was built for Lambda only.
func TestRunWhereItCannot(t *testing.T) {
	program := t.TempDir() + "/echo"
	build := exec.CommandContext(
		t.Context(),
		"go",
		"build",
		"-tags",
		"tyg.lambda",
		"-o",
		program,
		"../examples/echo",
	)
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	out, err := exec.CommandContext(t.Context(), program).CombinedOutput()
	if err == nil || !strings.Contains(string(out), "was built for AWS Lambda only") {
		t.Errorf("%v: %s", err, out)
	}
}
