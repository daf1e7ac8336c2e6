package dynamo_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/tyg-dev/tyg/rooms"
	"github.com/tyg-dev/tyg/rooms/dynamo"
)

// answers replaces the answers of the table by one error.
func answers(
	status int, code string,
) func(int, func() (*http.Response, error)) (*http.Response, error) {
	return func(int, func() (*http.Response, error)) (*http.Response, error) {
		body := fmt.Sprintf(`{"__type":"com.amazonaws.dynamodb.v20120810#%s","message":"m"}`, code)
		return &http.Response{
			StatusCode: status, Header: http.Header{"Content-Type": {"application/x-amz-json-1.0"}},
			Body: io.NopCloser(strings.NewReader(body)),
		}, nil
	}
}

func TestHowOftenARequestIsTried(t *testing.T) {
	for _, tt := range []struct {
		status int
		code   string
		want   int
	}{
		{400, "ProvisionedThroughputExceededException", 12},
		{400, "ThrottlingException", 12},
		{400, "RequestLimitExceeded", 12},
		{500, "InternalServerError", 5},
		{503, "ServiceUnavailable", 5},
		{400, "ValidationException", 1},
		{400, "ResourceNotFoundException", 1},
		{400, "AccessDeniedException", 1},
	} {
		t.Run(tt.code, func(t *testing.T) {
			cfg, tap := tapped(config(t))
			store := open(t, cfg)
			var waits []time.Duration
			store.SetWaits(func(d time.Duration) <-chan time.Time {
				waits = append(waits, d)
				return noWait(d)
			})
			tap.take()
			tap.between = answers(tt.status, tt.code)
			err := store.Add(t.Context(), "a")
			if err == nil || !strings.Contains(err.Error(), tt.code) ||
				!strings.Contains(err.Error(), "table "+cfg.Table) {
				t.Errorf("error %v, want it to name the table and %s", err, tt.code)
			}
			if reads, writes := tap.take(); reads+writes != tt.want {
				t.Errorf("%d attempts, want %d", reads+writes, tt.want)
			}
			for n, d := range waits {
				if limit := min(25*time.Millisecond<<n, 2*time.Second); d <= 0 || d > limit {
					t.Errorf("wait %d is %v, want up to %v", n, d, limit)
				}
			}
		})
	}
}

func TestContextEndsTheWaits(t *testing.T) {
	cfg, tap := tapped(config(t))
	store := open(t, cfg)
	ctx, cancel := context.WithCancel(t.Context())
	store.SetWaits(func(time.Duration) <-chan time.Time {
		cancel()
		return nil
	})
	tap.between = answers(400, "ThrottlingException")
	if err := store.Add(ctx, "a"); err == nil || !strings.Contains(err.Error(), "Throttling") {
		t.Errorf("error %v, want the last answer", err)
	}
}

// Occasional throttling is retried, and the caller does not notice.
func TestThrottledNowAndThen(t *testing.T) {
	cfg, tap := tapped(config(t))
	store := open(t, cfg)
	store.SetWaits(noWait)
	prepare(t, store)
	tap.between = func(n int, send func() (*http.Response, error)) (*http.Response, error) {
		if n%3 > 0 {
			return answers(400, "ProvisionedThroughputExceededException")(n, send)
		}
		return send()
	}
	for _, c := range changes(t) {
		if err := c.do(store); err != nil && !errors.Is(err, rooms.ErrMoved) &&
			!errors.Is(err, rooms.ErrNameTaken) && !errors.Is(err, rooms.ErrNoMember) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	tap.between = nil
	checkAgreement(t, "afterwards", store)
}

func TestOpenRefuses(t *testing.T) {
	good := config(t)
	for _, tt := range []struct {
		name  string
		spoil func(*dynamo.Config)
		want  string
	}{
		{"table", func(c *dynamo.Config) { c.Table = "" }, "table has no name"},
		{"region", func(c *dynamo.Config) { c.Region = "" }, "no region"},
		{"credentials", func(c *dynamo.Config) { c.Credentials = nil }, "no credentials"},
		{"time", func(c *dynamo.Config) { c.TTL = -1 }, "negative"},
		{"endpoint", func(c *dynamo.Config) { c.Endpoint = "localhost:8000" }, "not like"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cfg := good
			tt.spoil(&cfg)
			if _, err := dynamo.Open(cfg); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want it to say %q", err, tt.want)
			}
		})
	}
}

func TestNoTable(t *testing.T) {
	cfg := config(t)
	cfg.Table = "none-of-these"
	_, err := open(t, cfg).Get(t.Context(), "a")
	if err == nil || !strings.Contains(err.Error(), "none-of-these") {
		t.Errorf("error %v, want it to name the table", err)
	}
}
