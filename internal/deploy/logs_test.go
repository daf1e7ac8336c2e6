package deploy_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tyg-dev/tyg/internal/awstest"
	"github.com/tyg-dev/tyg/internal/deploy"
	"github.com/tyg-dev/tyg/internal/sigv4"
)

// logState knows two functions.
const logState = `{"schema_version": "2.0", "backend": "api", "resources": [
  {"name": "connect", "resource_type": "lambda_function", "function_name": "app-dev-connect"},
  {"name": "message", "resource_type": "lambda_function", "function_name": "app-dev-message"}]}`

// newLogRig is a rig of which the logs of connect and message are read.
func newLogRig(t *testing.T) (*rig, *deploy.Deployer) {
	t.Helper()
	r := newRig(t)
	d, err := r.deployer(t.Context())
	must(t, err)
	r.file = filepath.Join(t.TempDir(), "dev.json")
	d.Store = r.store()
	writeFile(t, r.file, []byte(logState))
	return r, d
}

// logs makes a call of CloudWatch Logs.
func (r *rig) logs(t *testing.T, operation string, input map[string]any) {
	t.Helper()
	body, err := json.Marshal(input)
	must(t, err)
	q, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://aws.test", bytes.NewReader(body))
	must(t, err)
	q.Header.Set("X-Amz-Target", "Logs_20140328."+operation)
	q.Header.Set("Content-Type", "application/x-amz-json-1.1")
	id, secret := r.aws.Key()
	sigv4.Sign(q, body, sigv4.Credentials{AccessKeyID: id, SecretAccessKey: secret},
		awstest.Region, "logs", time.Now())
	resp, err := (&http.Client{Transport: handlerTransport{handler: r.aws}}).Do(q)
	must(t, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	must(t, err)
	if resp.StatusCode != http.StatusOK && !strings.Contains(string(text), "AlreadyExists") {
		t.Fatalf("%s: %s: %s", operation, resp.Status, text)
	}
}

// log lets a function say something, so long ago.
func (r *rig) log(t *testing.T, function string, ago time.Duration, messages ...string) {
	t.Helper()
	group, stream := "/aws/lambda/app-dev-"+function, "2026/01/31/[$LATEST]0123456789abcdef"
	r.logs(t, "CreateLogGroup", map[string]any{"logGroupName": group})
	r.logs(t, "CreateLogStream", map[string]any{"logGroupName": group, "logStreamName": stream})
	var events []any
	for _, m := range messages {
		events = append(events, map[string]any{
			"timestamp": time.Now().Add(-ago).UnixMilli(), "message": m + "\n",
		})
	}
	r.logs(t, "PutLogEvents", map[string]any{
		"logGroupName": group, "logStreamName": stream, "logEvents": events,
	})
}

// said returns the events as "function: message".
func said(t *testing.T, d *deploy.Deployer, o deploy.LogsOptions) []string {
	t.Helper()
	var list []string
	for e, err := range d.Logs(t.Context(), echo(t), o) {
		must(t, err)
		if e.ID == "" || e.Stream == "" || time.Since(e.Time) < 0 || e.Time.Location() != time.UTC {
			t.Errorf("the event is not complete: %+v", e)
		}
		list = append(list, e.Function+": "+e.Message)
	}
	return list
}

func wantLines(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: the log is\n%s\nwant\n%s", what, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestLogsMergeFunctionsByTime(t *testing.T) {
	r, d := newLogRig(t)
	for i := range 5 {
		ago := time.Duration(10-2*i) * time.Minute
		r.log(t, "connect", ago, fmt.Sprint(2*i))
		r.log(t, "message", ago-time.Minute, fmt.Sprint(2*i+1))
	}
	wantLines(t, "all", said(t, d, deploy.LogsOptions{}),
		"connect: 0", "message: 1", "connect: 2", "message: 3", "connect: 4", "message: 5",
		"connect: 6", "message: 7", "connect: 8", "message: 9")
	wantLines(t, "one function", said(t, d, deploy.LogsOptions{Functions: []string{"message"}}),
		"message: 1", "message: 3", "message: 5", "message: 7", "message: 9")
	since := deploy.LogsOptions{Since: time.Now().Add(-150 * time.Second)}
	wantLines(t, "the last minutes", said(t, d, since), "connect: 8", "message: 9")
	wantLines(t, "a filter", said(t, d, deploy.LogsOptions{Filter: "7"}), "message: 7")
}

func TestLogsLeaveOutReportsOfLambda(t *testing.T) {
	r, d := newLogRig(t)
	lines := []string{
		"INIT_START Runtime Version: provided:al2023.v1", "START RequestId: 1 Version: $LATEST",
		"hello\nSTART",
		"END RequestId: 1", "REPORT RequestId: 1\tDuration: 2 ms", "RESTORE_START x",
	}
	r.log(t, "message", time.Minute, lines...)
	wantLines(t, "without", said(t, d, deploy.LogsOptions{}), "message: hello\nSTART")
	wantLines(t, "the newest", said(t, d, deploy.LogsOptions{Newest: 1}), "message: hello\nSTART")
	if got := len(said(t, d, deploy.LogsOptions{LambdaMessages: true})); got != len(lines) {
		t.Errorf("with them there are %d lines, want %d", got, len(lines))
	}
}

func TestLogsNewest(t *testing.T) {
	r, d := newLogRig(t)
	const day = 24 * time.Hour
	r.log(t, "message", 4000*day, "ancient")
	r.log(t, "connect", 3*day, "old", "old too")
	r.log(t, "message", 2*time.Hour, "young")
	r.log(t, "connect", time.Minute, "new")
	rows := []struct {
		n     int
		since time.Duration
		want  []string
	}{
		{1, 0, []string{"connect: new"}},
		{3, 0, []string{"connect: old too", "message: young", "connect: new"}},
		{9, 0, []string{
			"message: ancient", "connect: old", "connect: old too", "message: young", "connect: new",
		}},
		{9, 4 * time.Hour, []string{"message: young", "connect: new"}},
		{9, time.Second, nil},
	}
	for _, row := range rows {
		o := deploy.LogsOptions{Newest: row.n}
		if row.since > 0 {
			o.Since = time.Now().Add(-row.since)
		}
		wantLines(t, fmt.Sprint(row.n, " since ", row.since), said(t, d, o), row.want...)
	}
	before := len(r.aws.Calls())
	said(t, d, deploy.LogsOptions{Newest: 1})
	if calls := len(r.aws.Calls()) - before; calls > 2 {
		t.Errorf("the newest line took %d calls, want one for each function", calls)
	}
}

// A function that was never called has no log group, or an empty one.
func TestLogsOfNothing(t *testing.T) {
	r, d := newLogRig(t)
	wantLines(t, "no groups", said(t, d, deploy.LogsOptions{}))
	r.logs(t, "CreateLogGroup", map[string]any{"logGroupName": "/aws/lambda/app-dev-message"})
	wantLines(t, "an empty group", said(t, d, deploy.LogsOptions{Newest: 5}))
	// A group whose name only begins like that of the function is another one (C25).
	r.log(t, "connect-2", time.Minute, "not ours")
	wantLines(t, "a longer name", said(t, d, deploy.LogsOptions{}))
}

// logError returns the error with which a log ends, after how many events.
func logError(t *testing.T, d *deploy.Deployer, o deploy.LogsOptions) (int, string) {
	t.Helper()
	n := 0
	for _, err := range d.Logs(t.Context(), echo(t), o) {
		if err != nil {
			return n, err.Error()
		}
		n++
	}
	t.Error("the log ended without an error")
	return n, ""
}

// TestC16UnknownNamesListTheKnown, as no name is a guess.
func TestC16UnknownNamesListTheKnown(t *testing.T) {
	r, d := newLogRig(t)
	_, err := logError(t, d, deploy.LogsOptions{Functions: []string{"message", "api_handler"}})
	if want := `there is no function "api_handler"; the functions are connect, message`; err != want {
		t.Errorf("the error is %q, want %q", err, want)
	}
	other := strings.Replace(logState, `"backend"`, `"account_id": "999999999999", "backend"`, 1)
	writeFile(t, r.file, []byte(other))
	if _, err := logError(t, d, deploy.LogsOptions{}); !strings.Contains(err, "999999999999") {
		t.Errorf("of another account the error is %q", err)
	}
	writeFile(t, r.file, []byte(`{"schema_version": "2.0", "resources": []}`))
	if _, err := logError(t, d, deploy.LogsOptions{}); !strings.Contains(err, "nothing is deployed") {
		t.Errorf("before a deploy the error is %q", err)
	}
}

func TestLogsExplainDeniedCalls(t *testing.T) {
	r, d := newLogRig(t)
	r.log(t, "message", time.Minute, "1", "2", "3", "4", "5")
	pages := 0
	r.aws.SetFault(func(_ int, service, operation string) awstest.Fault {
		if operation != "FilterLogEvents" {
			return awstest.None
		}
		if pages++; pages > 3 {
			return awstest.Deny
		}
		return awstest.None
	})
	n, err := logError(t, d, deploy.LogsOptions{Functions: []string{"message"}})
	if n != 4 || !strings.Contains(err, "logs:FilterLogEvents") {
		t.Errorf("after %d events, want 4, the error is %q", n, err)
	}
}

func TestLogsEndWhenTheCallerStops(t *testing.T) {
	r, d := newLogRig(t)
	r.log(t, "message", time.Minute, "1", "2", "3", "4", "5", "6", "7")
	for _, o := range []deploy.LogsOptions{
		{},
		{Newest: 3},
		{Follow: true},
		{Follow: true, Newest: 3},
	} {
		n := 0
		for _, err := range d.Logs(t.Context(), echo(t), o) {
			must(t, err)
			if n++; n == 2 {
				break
			}
		}
		if n != 2 {
			t.Errorf("%+v: there were %d events, want 2", o, n)
		}
	}
}

// followed follows the log, does something at each pause, and returns what came until the last.
func followed(
	t *testing.T, d *deploy.Deployer, o deploy.LogsOptions, pauses ...func(),
) (lines []string, waited []time.Duration) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	d.Cloud.SetPause(func(ctx context.Context, wait time.Duration) error {
		waited = append(waited, wait)
		if len(pauses) == 0 {
			cancel()
			return ctx.Err()
		}
		pauses[0]()
		pauses = pauses[1:]
		return nil
	})
	o.Follow = true
	for e, err := range d.Logs(ctx, echo(t), o) {
		if err != nil {
			if ctx.Err() == nil {
				t.Errorf("the log ended: %v", err)
			}
			break
		}
		lines = append(lines, e.Function+": "+e.Message)
	}
	return lines, waited
}

// TestC14FollowStartsTenMinutesAgo, and shows each event once, also those that come late.
func TestC14FollowStartsTenMinutesAgo(t *testing.T) {
	r, d := newLogRig(t)
	r.log(t, "message", 11*time.Minute, "before")
	r.log(t, "connect", 9*time.Minute, "first")
	r.log(t, "message", time.Minute, "second")
	lines, _ := followed(t, d, deploy.LogsOptions{}, func() {
		r.log(t, "message", 10*time.Second, "third")
	}, func() {}, func() {
		r.log(t, "connect", 20*time.Second, "late")
		r.log(t, "connect", 5*time.Second, "fourth")
	})
	wantLines(t, "ten minutes", lines,
		"connect: first", "message: second", "message: third", "connect: late", "connect: fourth")

	lines, _ = followed(t, d, deploy.LogsOptions{Since: time.Now().Add(-time.Hour)})
	if len(lines) != 6 || lines[0] != "message: before" {
		t.Errorf("since an hour the log is %q", lines)
	}
	lines, _ = followed(t, d, deploy.LogsOptions{Newest: 2}, func() {
		r.log(t, "message", time.Second, "fifth")
	})
	wantLines(t, "the newest two", lines, "message: third", "connect: fourth", "message: fifth")
}

// TestC15FollowPauses also where nothing was logged, and does not read everything again each time.
func TestC15FollowPauses(t *testing.T) {
	r, d := newLogRig(t)
	before := len(r.aws.Calls())
	nothing := func() {}
	_, waited := followed(t, d, deploy.LogsOptions{}, nothing, nothing, nothing)
	calls := len(r.aws.Calls()) - before
	if len(waited) != 4 || slices.Min(waited) < time.Second || calls != 8 {
		t.Errorf("%d calls with pauses of %v, want one for each function before each of 4", calls, waited)
	}
	var lambda []string
	for i := range 60 {
		lambda = append(lambda, fmt.Sprintf("START RequestId: %d", i))
	}
	r.log(t, "message", 5*time.Minute, lambda...)
	r.log(t, "message", time.Minute, "START RequestId: last")
	before = len(r.aws.Calls())
	followed(t, d, deploy.LogsOptions{}, nothing, nothing)
	if calls := len(r.aws.Calls()) - before; calls > 2*3+40 {
		t.Errorf("three looks took %d calls: they read what was read", calls)
	}
}
