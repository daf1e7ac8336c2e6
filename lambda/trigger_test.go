package lambda_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/lambda"
)

// triggered is an application with triggers.
func triggered() *tyg.App {
	app := program()
	app.OnTrigger("jobs", func(ctx context.Context, event json.RawMessage) (any, error) {
		if string(lambda.Raw(ctx)) != string(event) {
			return nil, errors.New("Raw is another event")
		}
		return "did " + string(event), nil
	})
	app.OnTrigger("panics", func(context.Context, json.RawMessage) (any, error) { panic("a secret") })
	app.OnTrigger("large", func(context.Context, json.RawMessage) (any, error) {
		return strings.Repeat("x", 6<<20), nil
	})
	app.OnTrigger("slow", func(ctx context.Context, _ json.RawMessage) (any, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	})
	return app
}

func TestTriggerIsWhatTheFunctionIsFor(t *testing.T) {
	jobs := newHost(t, triggered(), lambda.Config{Trigger: "jobs"})
	// An event of API Gateway's form, too, is one of the trigger: a topic may carry anything.
	for _, event := range []string{`{"Records":[]}`, string(payload(t, "message")), `[1]`} {
		out, err := jobs.Invoke(t.Context(), []byte(event))
		var got string
		if err != nil || json.Unmarshal(out, &got) != nil || got != "did "+event {
			t.Errorf("reply to %.30s is %.60s, error %v", event, out, err)
		}
	}
	sockets := newHost(t, triggered(), lambda.Config{})
	if _, err := sockets.Invoke(t.Context(), []byte(`{"Records":[]}`)); err == nil {
		t.Error("a function of no trigger handles events of queues")
	}
	if out, err := sockets.Invoke(t.Context(), payload(t, "message")); err != nil {
		t.Errorf("a message of a client: %s, %v", out, err)
	}
}

func TestTriggerFailuresAreLoggedOnce(t *testing.T) {
	for name, want := range map[string]string{
		"panics": "panic: a secret", "large": "too large", "other": "no handler for this trigger",
	} {
		var log bytes.Buffer
		logger := slog.New(slog.NewTextHandler(&log, nil))
		host := newHost(t, triggered(), lambda.Config{Trigger: name, Logger: logger})
		_, err := host.Invoke(t.Context(), []byte(`1`))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error is %v, want one with %q", name, err, want)
		}
		if line := log.String(); strings.Count(line, "level=ERROR") != 1 ||
			!strings.Contains(line, "trigger="+name) {
			t.Errorf("%s: log is %q", name, line)
		}
	}
}

func TestHandlerWithoutTriggers(t *testing.T) {
	plain := tyg.HandlerFunc(func(context.Context, tyg.Event) (tyg.Reply, error) {
		return tyg.Reply{}, nil
	})
	host := newHost(t, plain, lambda.Config{Trigger: "jobs"})
	if _, err := host.Invoke(t.Context(), []byte(`{}`)); !errors.Is(err, tyg.ErrNoTrigger) {
		t.Errorf("error is %v, want ErrNoTrigger", err)
	}
}

// The 29 seconds that API Gateway waits are not those of a queue.
func TestTriggerHasTheTimeOfItsFunction(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		host := newHost(t, triggered(), lambda.Config{Trigger: "slow"})
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
		defer cancel()
		start := time.Now()
		if _, err := host.Invoke(ctx, []byte(`{}`)); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error is %v", err)
		}
		if took := time.Since(start); took != 10*time.Minute-500*time.Millisecond {
			t.Errorf("the context ended after %v", took)
		}
	})
}
