package api

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2/types"

	"github.com/tyg-dev/tyg/internal/deploy/awserr"
	"github.com/tyg-dev/tyg/internal/deploy/plan"
)

// An answer is an error that AWS has answered with.
type answer int

func (a answer) Error() string       { return fmt.Sprintf("status %d", int(a)) }
func (a answer) HTTPStatusCode() int { return int(a) }

func TestCreateOnce(t *testing.T) {
	lost := errors.New("connection reset by peer")
	for _, tt := range []struct {
		name    string
		creates []error  // of each call
		finds   []string // after each lost one
		id      string
		made    int
	}{
		{"answered", []error{nil}, nil, "new", 1},
		{"lost and there", []error{lost}, []string{"old"}, "old", 1},
		{"lost and not there", []error{lost, nil}, []string{""}, "new", 2},
		{"broken and there", []error{answer(500)}, []string{"old"}, "old", 1},
		{"cut off in the body and there", []error{answer(201)}, []string{"old"}, "old", 1},
		{"there after a second loss", []error{lost, lost}, []string{"", "old"}, "old", 2},
		{"refused", []error{answer(400)}, nil, "", 1},
		{"never answered", []error{lost, lost, lost}, []string{"", "", ""}, "", 3},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := run{Run: &plan.Run{Waiter: plan.Waiter{Pause: func(context.Context,
				time.Duration,
			) error {
				return nil
			}}}}
			made, looked := 0, 0
			id, err := r.createOnce(t.Context(), func() (string, error) {
				made++
				if err := tt.creates[made-1]; err != nil {
					return "", err
				}
				return "new", nil
			}, func() (string, error) {
				looked++
				return tt.finds[looked-1], nil
			})
			if id != tt.id || made != tt.made || looked != len(tt.finds) || (err == nil) != (id != "") {
				t.Errorf("id %q, %v after %d calls and %d looks, want %q after %d and %d",
					id, err, made, looked, tt.id, tt.made, len(tt.finds))
			}
		})
	}
}

func TestCreateOnceReturnsErrorOfFind(t *testing.T) {
	lost, denied := errors.New("lost"), errors.New("denied")
	r := run{Run: new(plan.Run)}
	_, err := r.createOnce(t.Context(),
		func() (string, error) { return "", lost }, func() (string, error) { return "", denied })
	if !errors.Is(err, lost) || !errors.Is(err, denied) {
		t.Errorf("got %v, want both errors", err)
	}
}

// TestC10ThrottlingIsWaitedOut: API Gateway takes one UpdateDomainName in 30 seconds.
func TestC10ThrottlingIsWaitedOut(t *testing.T) {
	busy := &types.TooManyRequestsException{Message: aws.String("Too Many Requests")}
	o := &apigatewayv2.Options{Retryer: awserr.Retryer(nil)}
	if !o.Retryer.IsErrorRetryable(busy) {
		t.Error("throttled calls are not made again")
	}
	var waited time.Duration
	for attempt := range o.Retryer.MaxAttempts() - 1 {
		d, err := o.Retryer.RetryDelay(attempt, busy)
		if err != nil {
			t.Fatal(err)
		}
		if d > awserr.MaxBackoff {
			t.Errorf("attempt %d waits %v, want at most %v", attempt, d, awserr.MaxBackoff)
		}
		waited += d
	}
	if waited < 30*time.Second {
		t.Errorf("all attempts together wait %v, which is less than AWS asks for", waited)
	}

	throttledOnly(o)
	if !o.Retryer.IsErrorRetryable(busy) {
		t.Error("throttled calls that make things are not made again")
	}
	if o.Retryer.IsErrorRetryable(answer(500)) {
		t.Error("a call that may have had its effect is made again")
	}
}

func TestPages(t *testing.T) {
	all := [][]int{{1, 2}, {}, {3}}
	got, err := pages(func(token *string) ([]int, *string, error) {
		i := len(aws.ToString(token))
		if i == len(all)-1 {
			return all[i], aws.String(""), nil
		}
		return all[i], aws.String(aws.ToString(token) + "x"), nil
	})
	if err != nil || fmt.Sprint(got) != "[1 2 3]" {
		t.Errorf("got %v, %v", got, err)
	}
	_, err = pages(func(*string) ([]int, *string, error) { return nil, nil, answer(403) })
	if err == nil {
		t.Error("an error is lost")
	}
}
