package tyg_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/tyg-dev/tyg"
)

func connError(id tyg.ConnID, err error) error {
	return &tyg.ConnError{Op: "send", ID: id, Err: err}
}

func TestFailures(t *testing.T) {
	gone, slow := connError("gone", tyg.ErrGone), connError("slow", tyg.ErrThrottled)
	for _, test := range []struct {
		name string
		err  error
		want []string
	}{
		{"nil", nil, nil},
		{"no recipient", tyg.ErrTooLarge, nil},
		{"wrapped, no recipient", fmt.Errorf("send: %w", tyg.ErrTooLarge), nil},
		{"single", gone, []string{"gone connection is gone"}},
		{"wrapped", fmt.Errorf("a: %w", fmt.Errorf("b: %w", gone)), []string{
			"gone connection is gone",
		}},
		{"joined", errors.Join(gone, slow), []string{
			"gone connection is gone", "slow too much is waiting for the connection",
		}},
		{"several in one text", fmt.Errorf("%w and %w", slow, gone), []string{
			"slow too much is waiting for the connection", "gone connection is gone",
		}},
		{
			"joined in joined", errors.Join(errOops, errors.Join(fmt.Errorf("a: %w", gone)), errOops),
			[]string{"gone connection is gone"},
		},
		{"a failure in a failure", connError("outer", gone), []string{
			"outer send gone: connection is gone",
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var got []string
			for id, err := range tyg.Failures(test.err) {
				got = append(got, fmt.Sprint(id, " ", err))
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("failures are %q, want %q", got, test.want)
			}
		})
	}
}

func TestFailuresStops(t *testing.T) {
	one := connError("x", tyg.ErrGone)
	n := 0
	for range tyg.Failures(errors.Join(errors.Join(one, one), fmt.Errorf("a: %w", one), one)) {
		if n++; n == 2 {
			break
		}
	}
	if n != 2 {
		t.Errorf("the loop ran %d times, want 2", n)
	}
}

func TestErrorTexts(t *testing.T) {
	for _, test := range []struct {
		err  error
		want string
	}{
		{connError("john", tyg.ErrGone), "send john: connection is gone"},
		{tyg.Reject(403, "not you"), "connection refused with status 403: not you"},
		{&tyg.PanicError{Value: 7}, "panic: 7"},
	} {
		if got := test.err.Error(); got != test.want {
			t.Errorf("text is %q, want %q", got, test.want)
		}
	}
}

func TestConnErrorUnwraps(t *testing.T) {
	err := fmt.Errorf("greet: %w", connError("john", tyg.ErrGone))
	if !errors.Is(err, tyg.ErrGone) || errors.Is(err, tyg.ErrThrottled) {
		t.Errorf("%v: wrong identity", err)
	}
	if c, ok := errors.AsType[*tyg.ConnError](err); !ok || c.ID != "john" {
		t.Errorf("%v: no ConnError of john in it", err)
	}
}

func TestReject(t *testing.T) {
	r, ok := errors.AsType[*tyg.Rejection](fmt.Errorf("check token: %w", tyg.Reject(401, "who?")))
	if !ok || r.Status != 401 || r.Reason != "who?" {
		t.Errorf("rejection is %+v, %t", r, ok)
	}
}
