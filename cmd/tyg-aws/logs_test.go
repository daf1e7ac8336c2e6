package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/tyg-dev/tyg/cmd/internal/cli"
	"github.com/tyg-dev/tyg/cmd/internal/project"
	"github.com/tyg-dev/tyg/internal/awstest"
	"github.com/tyg-dev/tyg/internal/deploy"
	"github.com/tyg-dev/tyg/internal/sigv4"
)

// noted is a stage with two functions.
const noted = `{"schema_version": "2.0", "backend": "api", "resources": [
  {"name": "websocket_connect", "resource_type": "lambda_function",
   "function_name": "chat-dev-websocket_connect"},
  {"name": "websocket_message", "resource_type": "lambda_function",
   "function_name": "chat-dev-websocket_message"}]}`

// newLoggedAccount makes an account in which two functions have logged.
func newLoggedAccount(t *testing.T) *account {
	t.Helper()
	a := newAccount(t, "small", "chat")
	if err := project.WriteFile(".tyg/deployed/dev.json", []byte(noted)); err != nil {
		t.Fatal(err)
	}
	a.log("websocket_connect", 3*time.Minute, "START RequestId: 1", "hello <you>", "END RequestId: 1")
	a.log("websocket_message", 2*time.Minute, "two\nlines", "\x1b[2Jclear")
	a.log("websocket_connect", time.Minute, "bye")
	return a
}

// log lets a function say something, so long ago.
func (a *account) log(function string, ago time.Duration, messages ...string) {
	a.t.Helper()
	at := map[string]any{
		"logGroupName":  "/aws/lambda/chat-dev-" + function,
		"logStreamName": "2026/01/31/[$LATEST]0123456789abcdef",
	}
	a.logs("CreateLogGroup", map[string]any{"logGroupName": at["logGroupName"]})
	a.logs("CreateLogStream", at)
	var events []any
	for _, m := range messages {
		events = append(events,
			map[string]any{"timestamp": time.Now().Add(-ago).UnixMilli(), "message": m + "\n"})
	}
	at["logEvents"] = events
	a.logs("PutLogEvents", at)
}

// logs makes a call of CloudWatch Logs. What is there already may be there.
func (a *account) logs(operation string, input map[string]any) {
	a.t.Helper()
	body, err := json.Marshal(input)
	if err != nil {
		a.t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(a.t.Context(), http.MethodPost, a.url, bytes.NewReader(body))
	if err != nil {
		a.t.Fatal(err)
	}
	r.Header.Set("X-Amz-Target", "Logs_20140328."+operation)
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	id, secret := a.Key()
	key := sigv4.Credentials{AccessKeyID: id, SecretAccessKey: secret}
	sigv4.Sign(r, body, key, awstest.Region, "logs", time.Now())
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		a.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		a.t.Fatal(err)
	}
	if resp.StatusCode != http.StatusOK && !strings.Contains(string(text), "AlreadyExists") {
		a.t.Fatalf("%s: %s", operation, text)
	}
}

// wantLog compares what was printed, with T for the times.
func wantLog(t *testing.T, got string, want ...string) {
	t.Helper()
	got = regexp.MustCompile(`(?m)^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}`).ReplaceAllString(got, "T")
	if text := strings.Join(want, "\n") + "\n"; got != text {
		t.Errorf("the log is\n%s\nwant\n%s", got, text)
	}
}

func TestLogs(t *testing.T) {
	a := newLoggedAccount(t)
	wantLog(t, a.must("logs"),
		"T websocket_connect 012345 hello <you>", "T websocket_message 012345 two", "lines",
		"T websocket_message 012345 \x1b[2Jclear", "T websocket_connect 012345 bye")
	wantLog(t, a.must("logs", "-n", "websocket_connect", "--include-lambda-messages"),
		"T 012345 START RequestId: 1", "T 012345 hello <you>", "T 012345 END RequestId: 1", "T 012345 "+
			"bye")
	wantLog(t, a.must("logs", "--num-entries", "1"), "T websocket_connect 012345 bye")
	wantLog(t, a.must("logs", "--since", "90s"), "T websocket_connect 012345 bye")
	wantLog(t, a.must("logs", "--filter", "hello"), "T websocket_connect 012345 hello <you>")
	if got := a.must("logs", "-s", "2s"); got != "" {
		t.Errorf("of the last two seconds there is %q", got)
	}
}

func TestLogsAsJSON(t *testing.T) {
	a := newLoggedAccount(t)
	lines := strings.Split(strings.TrimSpace(a.must("logs", "--json")), "\n")
	if len(lines) != 4 || !strings.Contains(lines[0], "hello <you>") {
		t.Fatalf("there are %d lines: %q", len(lines), lines)
	}
	var e deploy.LogEvent
	if err := json.Unmarshal([]byte(lines[1]), &e); err != nil {
		t.Fatal(err)
	}
	if e.Function != "websocket_message" || e.Message != "two\nlines" || e.ID == "" ||
		e.Stream != "2026/01/31/[$LATEST]0123456789abcdef" || time.Since(e.Time) < time.Minute {
		t.Errorf("the event is %+v", e)
	}
}

// A signal is the way to leave a log that is followed, and cuts another one short.
func TestLogsStopAtInterrupt(t *testing.T) {
	for follow, want := range map[string]int{
		"--follow":       cli.ExitOK,
		"--follow=false": cli.ExitInterrupted,
	} {
		a := newLoggedAccount(t)
		a.log("websocket_message", time.Second, strings.Split(strings.Repeat("more ", 20), " ")[:20]...)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		looks := 0
		a.SetFault(func(_ int, _, operation string) awstest.Fault {
			if operation == "FilterLogEvents" {
				if looks++; looks == 5 {
					cancel()
				}
			}
			return awstest.None
		})
		o := a.tygWith(ctx, "", "logs", follow)
		if o.status != want || o.stderr != "" || !strings.Contains(o.stdout, "hello") {
			t.Errorf("%s: %+v, want status %d", follow, o, want)
		}
	}
}

// TestC16LogsOfUnknownFunctions: names are not guessed, and nothing is silent.
func TestC16LogsOfUnknownFunctions(t *testing.T) {
	a := newLoggedAccount(t)
	a.fails(cli.ExitUsage, `tyg: there is no function "websocket_mesage"; did you mean `+
		`"websocket_message"?; use one of `+"websocket_connect, websocket_message; see tyg logs "+
		"--help\n", "logs", "-n", "websocket_mesage")
	a.fails(cli.ExitFailure, `tyg: stage "prod" is not deployed`, "logs", "--stage", "prod")
	a.fails(cli.ExitUsage, `tyg: --since "yesterday": use 90s,`, "logs", "--since", "yesterday")
	a.fails(cli.ExitUsage, "tyg: --num-entries \"0\": use a whole number from 1 to 1000000;",
		"logs", "--num-entries", "0")
	a.SetFault(func(_ int, _, operation string) awstest.Fault {
		return map[string]awstest.Fault{"FilterLogEvents": awstest.Deny}[operation]
	})
	o := a.tyg("logs")
	if o.status != cli.ExitFailure || !strings.Contains(o.stderr, "logs:FilterLogEvents") {
		t.Errorf("without the permission: status %d, stderr %q", o.status, o.stderr)
	}
}
