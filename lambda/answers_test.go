package lambda_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/apigw"
	"github.com/tyg-dev/tyg/lambda"
)

// TestAnswers has every answer that @connections gives, and counts the requests.
func TestAnswers(t *testing.T) {
	send := func(ctx context.Context, s *lambda.Sender) error { return s.Send(ctx, id, []byte("x")) }
	shut := func(ctx context.Context, s *lambda.Sender) error { return s.Close(ctx, id) }
	ask := func(ctx context.Context, s *lambda.Sender) error {
		_, err := s.Info(ctx, id)
		return err
	}
	tests := []struct {
		name     string
		do       func(context.Context, *lambda.Sender) error
		status   int
		kind     string
		want     error
		requests int // 0: as many as there is time for
		maybe    bool
	}{
		{"gone", send, 410, "GoneException", tyg.ErrGone, 1, false},
		{"gone", shut, 410, "GoneException", tyg.ErrGone, 1, false},
		{"gone", ask, 410, "GoneException", tyg.ErrGone, 1, false},
		{"too large", send, 413, "PayloadTooLargeException", tyg.ErrTooLarge, 1, false},
		{"no id", send, 400, "BadRequestException", tyg.ErrInvalidID, 1, false},
		{"throttled", send, 429, "LimitExceededException", tyg.ErrThrottled, 0, false},
		{"throttled", shut, 429, "LimitExceededException", tyg.ErrThrottled, 0, false},
		{"throttled", ask, 429, "", tyg.ErrThrottled, 0, false},
		{"unavailable", send, 503, "", nil, 0, false},
		{"no machine", send, 503, "ServiceUnavailableException", tyg.ErrUnavailable, 0, false},
		{"no machine", shut, 503, "ServiceUnavailableException", tyg.ErrUnavailable, 0, false},
		{"no answer", send, 504, "OutcomeUnknownException", tyg.ErrOutcomeUnknown, 1, true},
		{"failed", send, 500, "", nil, 1, true},
		{"failed", send, 504, "", nil, 1, true},
		{"failed", shut, 500, "", nil, 3, false},
		{"failed", ask, 502, "", nil, 3, false},
		{"redirected", send, 302, "", nil, 1, false},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprint(tt.name, tt.status), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				requests := 0
				s := against(t, func(*request) (*response, error) {
					requests++
					return respond(tt.status, tt.kind, `{"message":"x"}`)
				})
				start := time.Now()
				err := tt.do(t.Context(), s)
				took := time.Since(start)
				if err == nil || tt.want != nil && !errors.Is(err, tt.want) {
					t.Errorf("error %v, want %v", err, tt.want)
				}
				if e, ok := errors.AsType[*tyg.ConnError](err); !ok || e.ID != id {
					t.Errorf("error %T %v", err, err)
				}
				if errors.Is(err, lambda.ErrMaybeSent) != tt.maybe {
					t.Errorf("error %v, want ErrMaybeSent: %v", err, tt.maybe)
				}
				if tt.requests > 0 && requests != tt.requests {
					t.Errorf("%d requests, want %d", requests, tt.requests)
				}
				if tt.requests == 0 && (requests < 6 || took < 7*time.Second || took > 10*time.Second) {
					t.Errorf("%d requests in %v", requests, took)
				}
			})
		})
	}
}

func TestDeniedSaysWhy(t *testing.T) {
	const why = "User: arn:aws:iam::1:user/u is not authorized to perform: " +
		"execute-api:ManageConnections"
	for _, body := range []string{`{"message":"` + why + `"}`, `{"Message":"` + why + `"}`} {
		s := against(
			t,
			func(*request) (*response, error) { return respond(403, "AccessDeniedException:http://x", body) },
		)
		err := s.Send(t.Context(), id, []byte("x"))
		d, ok := errors.AsType[*apigw.Denied](err)
		if !ok || d.Status != 403 || d.Type != "AccessDeniedException" || d.Message != why {
			t.Errorf("error %v", err)
		}
	}
}

// TestSendAgainAfterThrottling is about a service that recovers.
func TestSendAgainAfterThrottling(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		requests, dates := 0, make(map[string]bool)
		s := against(t, func(r *request) (*response, error) {
			requests++
			dates[r.Header.Get("X-Amz-Date")] = true
			if requests < 8 {
				return respond(429, "LimitExceededException", "")
			}
			return respond(200, "", "")
		})
		if err := s.Send(t.Context(), id, []byte("x")); err != nil || requests != 8 {
			t.Errorf("%v after %d requests", err, requests)
		}
		if len(dates) < 2 {
			t.Error("attempts seconds apart were signed for the same time")
		}
	})
}

// TestRetryForBoundsAttempts measures how long a throttled call is tried again.
func TestRetryForBoundsAttempts(t *testing.T) {
	tests := []struct {
		name     string
		patience time.Duration
		deadline time.Duration // 0: none
		most     time.Duration
		alone    bool // one request only
	}{
		{"default", 0, 0, 10 * time.Second, false},
		{"long", time.Minute, 0, time.Minute, false},
		{"the context is shorter", time.Minute, 5 * time.Second, 5 * time.Second, false},
		{"none", -1, 0, 0, true},
		{"no time", 0, time.Millisecond, 0, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				requests := 0
				web := roundTrip(func(*request) (*response, error) {
					requests++
					return respond(429, "", "")
				})
				s := newSender(t, lambda.SenderConfig{
					Endpoint: endpoint, HTTPClient: web.client(), RetryFor: tt.patience,
				})
				ctx := t.Context()
				if tt.deadline > 0 {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, tt.deadline)
					defer cancel()
				}
				start := time.Now()
				err := s.Send(ctx, id, []byte("x"))
				took := time.Since(start)
				if !errors.Is(err, tyg.ErrThrottled) || ctx.Err() != nil {
					t.Errorf("error %v; the context: %v", err, ctx.Err())
				}
				if took > tt.most || took < tt.most-2*time.Second || tt.alone != (requests == 1) {
					t.Errorf("%d requests in %v, want at most %v", requests, took, tt.most)
				}
			})
		})
	}
}

func TestCancelWhileThrottled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := against(t, func(*request) (*response, error) { return respond(429, "", "") })
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		start := time.Now()
		if err := s.Send(ctx, id, []byte("x")); !errors.Is(err, tyg.ErrThrottled) {
			t.Errorf("error %v", err)
		}
		if took := time.Since(start); took != time.Second {
			t.Errorf("it took %v", took)
		}
	})
}
