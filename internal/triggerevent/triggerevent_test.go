package triggerevent_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/internal/triggerevent"
	"github.com/tyg-dev/tyg/trigger"
)

var (
	place = triggerevent.Place{Region: "eu-central-1", AccountID: "123456789012"}
	noon  = time.Date(2026, 11, 30, 12, 0, 0, 123e6, time.UTC)
)

func handle(t *testing.T, fn tyg.TriggerFunc, event []byte) []byte {
	t.Helper()
	reply, err := fn(t.Context(), event)
	if err != nil {
		t.Fatal(err)
	}
	out, err := json.Marshal(reply)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// Package trigger, which aws-lambda-go's types test, understands the events.
func TestEventsAreUnderstood(t *testing.T) {
	var got []string
	sqs := trigger.SQS(func(_ context.Context, m trigger.Message) error {
		got = append(got, fmt.Sprint(m.Body, m.Group, m.Received, m.Sent.Equal(noon), m.QueueARN))
		if m.Body == "bad" {
			return errors.New("bad")
		}
		return nil
	})
	reply := handle(t, sqs, triggerevent.SQS(place, "jobs", []string{"a", "bad"}, noon))
	if failed := triggerevent.Failures(reply); len(failed) != 1 || failed[0] == "" {
		t.Errorf("failed are %q of %s", failed, reply)
	}
	handle(t, sqs, triggerevent.SQS(place, "arn:aws:sqs:x:1:jobs.fifo", []string{"b"}, noon))
	handle(t, trigger.SNS(func(_ context.Context, n trigger.Notification) error {
		got = append(got, fmt.Sprint(n.Message, n.Time.Equal(noon), n.TopicARN))
		return nil
	}), triggerevent.SNS(place, "news", "m", noon))
	handle(t, trigger.EventBridge(func(_ context.Context, e trigger.Event) error {
		got = append(got, fmt.Sprint(e.Time.Unix() == noon.Unix(), e.Resources, e.Source))
		return nil
	}), triggerevent.Scheduled(place, "nightly", noon))
	const queue = "arn:aws:sqs:eu-central-1:123456789012:jobs"
	want := []string{
		"a1 true" + queue, "bad1 true" + queue, "blocal1 true" + "arn:aws:sqs:x:1:jobs.fifo",
		"m true arn:aws:sns:eu-central-1:123456789012:news",
		"true [arn:aws:events:eu-central-1:123456789012:rule/nightly] aws.events",
	}
	if g, w := squeeze(got), squeeze(want); g != w {
		t.Errorf("got\n%s\nwant\n%s", g, w)
	}
}

func squeeze(lines []string) string {
	return strings.ReplaceAll(strings.Join(lines, "\n"), " ", "")
}

// A request passes through an event and a reply as through a server.
func TestHTTP(t *testing.T) {
	app := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		c, cookieErr := r.Cookie("b")
		if err != nil || cookieErr != nil {
			t.Error(err, cookieErr)
			return
		}
		http.SetCookie(w, &http.Cookie{Name: "seen", Value: "1"})
		w.Header().Set("Content-Type", "application/octet-stream")
		w.WriteHeader(http.StatusAccepted)
		fmt.Fprintf(w, "%s %s %s %s|", r.Method, r.URL, c.Value, r.Host)
		_, _ = w.Write(body)
	})
	fn := trigger.HTTP(app)
	r := httptest.NewRequest("PUT", "http://hook.test/a%2Fb?x=1&x=2", strings.NewReader("\x00\xff"))
	r.Header.Set("Cookie", "a=1; b=2")
	event, err := triggerevent.HTTP(place, r, noon)
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	if err := triggerevent.Respond(w, handle(t, fn, event)); err != nil {
		t.Fatal(err)
	}
	if got := w.Body.String(); got != "PUT /a%2Fb?x=1&x=2 2 hook.test|\x00\xff" ||
		w.Code != http.StatusAccepted || w.Header().Get("Set-Cookie") != "seen=1" ||
		w.Header().Get("Content-Type") != "application/octet-stream" {
		t.Errorf("status %d, %v, body %q", w.Code, w.Header(), got)
	}
}

func TestHTTPOfOtherReplies(t *testing.T) {
	for reply, want := range map[string]string{
		`"text"`: `200 application/json "text"`, `{"a":1}`: `200 application/json {"a":1}`,
		`{"statusCode":404,"body":"no"}`: `404 application/json no`,
	} {
		w := httptest.NewRecorder()
		if err := triggerevent.Respond(w, []byte(reply)); err != nil {
			t.Error(err)
		}
		got := fmt.Sprint(w.Code, " ", w.Header().Get("Content-Type"), " ", w.Body)
		if got != want {
			t.Errorf("%s gives %s, want %s", reply, got, want)
		}
	}
	for _, reply := range []string{
		`{"statusCode":99}`, `{"statusCode":200,"isBase64Encoded":true,"body":"!"}`,
	} {
		if err := triggerevent.Respond(httptest.NewRecorder(), []byte(reply)); err == nil {
			t.Errorf("%s is a response", reply)
		}
	}
}

func TestHTTPRequestThatIsTooLarge(t *testing.T) {
	for _, body := range []string{
		strings.Repeat("x", triggerevent.MaxRequest+1), strings.Repeat("\xff", triggerevent.MaxRequest-9),
	} {
		r := httptest.NewRequest("POST", "/", strings.NewReader(body))
		_, err := triggerevent.HTTP(place, r, noon)
		if !errors.Is(err, triggerevent.ErrTooLarge) {
			t.Errorf("error is %v", err)
		}
	}
}
