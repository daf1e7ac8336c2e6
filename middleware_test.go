package tyg_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tyg-dev/tyg"
)

// handler returns a handler that calls f.
func handler(f func() error) tyg.Handler {
	return tyg.HandlerFunc(func(context.Context, tyg.Event) (tyg.Reply, error) {
		return tyg.Reply{Status: 201}, f()
	})
}

func TestRecover(t *testing.T) {
	for _, value := range []any{"boom", errOops, 7} {
		h := tyg.Recover()(handler(func() error { panic(value) }))
		_, err := h.Handle(t.Context(), tyg.Event{})
		p, ok := errors.AsType[*tyg.PanicError](err)
		if !ok || p.Value != value {
			t.Fatalf("got error %v, want a *PanicError of %v", err, value)
		}
		if !bytes.Contains(p.Stack, []byte("middleware_test.go")) {
			t.Errorf("the stack does not lead here:\n%s", p.Stack)
		}
		if errors.Is(err, errOops) != (value == errOops) {
			t.Errorf("panic of %v: errors.Is(err, errOops) is %t", value, errors.Is(err, errOops))
		}
	}
}

func TestRecoverPassesOn(t *testing.T) {
	h := tyg.Recover()(handler(func() error { return errOops }))
	reply, err := h.Handle(t.Context(), tyg.Event{})
	if reply.Status != 201 || err != errOops {
		t.Errorf("got %+v, %v", reply, err)
	}
}

// logged returns the line that Log writes about one event.
func logged(t *testing.T, e tyg.Event, outcome error) (line string, fields map[string]any) {
	t.Helper()
	var buf bytes.Buffer
	logger := slog.New(slog.NewJSONHandler(&buf, nil))
	h := tyg.Log(logger)(handler(func() error { return outcome }))
	reply, err := h.Handle(t.Context(), e)
	if err != outcome || reply.Status != 201 {
		t.Errorf("Log changed the outcome to %+v, %v", reply, err)
	}
	dec := json.NewDecoder(&buf)
	line = buf.String()
	if err := dec.Decode(&fields); err != nil {
		t.Fatalf("decode log line: %v", err)
	}
	if _, err := dec.Token(); err != io.EOF {
		t.Errorf("there is more than one line: %s", line)
	}
	return line, fields
}

func TestLog(t *testing.T) {
	line, fields := logged(t, tyg.Event{
		Type:      tyg.EventMessage,
		Route:     "join",
		RequestID: "R1",
		Conn:      &tyg.Conn{ID: "john"},
		Message:   tyg.Message{ID: "M1", Data: []byte("secret")},
	}, nil)
	for key, want := range map[string]string{
		"level": "INFO", "msg": "event handled", "event": "MESSAGE", "route": "join", "conn": "john",
		"request": "R1",
	} {
		if fields[key] != want {
			t.Errorf("%s is %v, want %s", key, fields[key], want)
		}
	}
	if _, ok := fields["dur"]; !ok {
		t.Error("there is no duration")
	}
	if _, ok := fields["code"]; ok {
		t.Error("a message has a close code")
	}
	if strings.Contains(line, "secret") {
		t.Errorf("the line has the message in it: %s", line)
	}
}

func TestLogLevels(t *testing.T) {
	for _, test := range []struct {
		err  error
		want string
	}{
		{nil, "INFO"},
		{tyg.Reject(403, "not you"), "WARN"},
		{errors.Join(errOops, tyg.Reject(403, "not you")), "WARN"},
		{errOops, "ERROR"},
	} {
		e := tyg.Event{Type: tyg.EventConnect, Conn: new(tyg.Conn)}
		_, fields := logged(t, e, test.err)
		if fields["level"] != test.want {
			t.Errorf("level of %v is %v, want %s", test.err, fields["level"], test.want)
		}
		if test.err != nil && fields["err"] != test.err.Error() {
			t.Errorf("err is %v, want %v", fields["err"], test.err)
		}
	}
}

func TestLogDisconnect(t *testing.T) {
	line, fields := logged(t, tyg.Event{
		Type:       tyg.EventDisconnect,
		Conn:       new(tyg.Conn),
		Disconnect: tyg.Disconnect{Code: 4001, Reason: "secret"},
	}, nil)
	if fields["code"] != 4001.0 {
		t.Errorf("code is %v, want 4001", fields["code"])
	}
	if strings.Contains(line, "secret") {
		t.Errorf("the line has the client's reason in it: %s", line)
	}
}

func TestTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var inner context.Context
		h := tyg.Timeout(time.Minute)(tyg.HandlerFunc(
			func(ctx context.Context, _ tyg.Event) (tyg.Reply, error) {
				inner = ctx
				<-ctx.Done()
				return tyg.Reply{}, ctx.Err()
			}))
		start := time.Now()
		_, err := h.Handle(t.Context(), tyg.Event{})
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != time.Minute {
			t.Errorf("after %v: %v, want the deadline after a minute", time.Since(start), err)
		}
		if inner.Err() == nil {
			t.Error("the context goes on")
		}
	})
}

func TestTimeoutEndsWithHandler(t *testing.T) {
	var inner context.Context
	h := tyg.Timeout(time.Hour)(tyg.HandlerFunc(
		func(ctx context.Context, _ tyg.Event) (tyg.Reply, error) {
			inner = ctx
			return tyg.Reply{}, ctx.Err()
		}))
	if _, err := h.Handle(t.Context(), tyg.Event{}); err != nil {
		t.Errorf("the context ended early: %v", err)
	}
	if inner.Err() != context.Canceled {
		t.Errorf("after Handle, the context has error %v", inner.Err())
	}
}
