package grouptable_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/internal/grouptable"
	"github.com/tyg-dev/tyg/internal/grouptable/tabletest"
)

var errCrash = errors.New("the process ends here")

// A connection ends between any two requests of an Add, and an Add happens between any two of an
// end. The connection is then in no group, and each join has a leave.
func TestEndWhileAdded(t *testing.T) {
	for _, known := range []bool{false, true} { // there is an item of the connection
		for _, outer := range []string{"add", "end"} {
			for at := 1; at < 9; at++ {
				t.Run(fmt.Sprint(known, outer, at), func(t *testing.T) {
					cfg := tabletest.Config(t)
					inner := open(t, cfg)
					cfg, tap := tapped(cfg)
					table := open(t, cfg)
					if known {
						if _, _, err := table.Add(t.Context(), "coffee", id, nil); err != nil {
							t.Fatal(err)
						}
						tap.take()
					}
					joins, leaves := 0, 0
					if known {
						joins++
					}
					add := func(table *grouptable.Table) {
						_, added, err := table.Add(t.Context(), "tea", id, nil)
						if err != nil && !errors.Is(err, tyg.ErrGone) {
							t.Errorf("Add returned %v", err)
						}
						if added {
							joins++
						}
					}
					end := func(table *grouptable.Table) {
						n, err := end(t.Context(), table, id)
						if err != nil {
							t.Errorf("end returned %v", err)
						}
						leaves += n
					}
					first, then := add, end
					if outer == "end" {
						first, then = end, add
					}
					tap.between = func(
						n int, send func() (*http.Response, error),
					) (*http.Response, error) {
						if n == at {
							then(inner)
						}
						return send()
					}
					first(table)
					if tap.take() < at {
						then(inner) // there were fewer requests
					}
					if n := len(members(t, inner, "tea")) + len(members(t, inner, "coffee")); n > 0 {
						t.Errorf("%d members are left", n)
					}
					if joins != leaves {
						t.Errorf("%d joins and %d leaves", joins, leaves)
					}
				})
			}
		}
	}
}

// An Add or an end that stops at any request can be made again.
func TestCrash(t *testing.T) {
	for at := 1; at < 8; at++ {
		for _, what := range []string{"add", "end"} {
			t.Run(fmt.Sprint(what, at), func(t *testing.T) {
				cfg := tabletest.Config(t)
				table := open(t, cfg)
				cfg, tap := tapped(cfg)
				crashing := open(t, cfg)
				ctx, crash := context.WithCancel(t.Context())
				defer crash()
				tap.between = func(n int, send func() (*http.Response, error)) (*http.Response, error) {
					if n < at {
						return send()
					}
					crash()
					return nil, errCrash
				}
				if what == "add" {
					_, _, _ = crashing.Add(ctx, "tea", id, nil)
				}
				if _, _, err := table.Add(t.Context(), "tea", id, nil); err != nil {
					t.Errorf("Add again returned %v", err)
				}
				if len(members(t, table, "tea")) != 1 {
					t.Error("the connection is no member")
				}
				leaves := 0
				if what == "end" {
					leaves, _ = end(ctx, crashing, id)
				}
				n, err := end(t.Context(), table, id)
				if leaves += n; err != nil || leaves > 1 {
					t.Errorf("end again returned %v after %d leaves", err, leaves)
				}
				if len(members(t, table, "tea")) > 0 {
					t.Error("a member is left")
				}
			})
		}
	}
}

// A write whose answer is lost is made once, and its caller learns what it has done.
func TestLostAnswers(t *testing.T) {
	for at := 1; at < 9; at++ {
		cfg, tap := tapped(tabletest.Config(t))
		table := open(t, cfg)
		tap.between = func(n int, send func() (*http.Response, error)) (*http.Response, error) {
			res, err := send()
			if n == at && err == nil {
				_ = res.Body.Close()
				return nil, io.ErrUnexpectedEOF
			}
			return res, err
		}
		if _, added, err := table.Add(t.Context(), "tea", id, nil); !added || err != nil {
			t.Errorf("request %d: Add returned %v, %v", at, added, err)
		}
		rev, err := table.StoreState(t.Context(), id, []byte("1"), 0, false)
		if err != nil {
			t.Errorf("request %d: StoreState returned %v", at, err)
		}
		if _, err := table.StoreState(t.Context(), id, []byte("2"), rev, false); err != nil {
			t.Errorf("request %d: the second StoreState returned %v", at, err)
		}
		if _, err := table.StoreValue(t.Context(), "v", []byte("1"), 0); err != nil {
			t.Errorf("request %d: StoreValue returned %v", at, err)
		}
	}
}

// A Remove whose answer is lost does not guess.
func TestLostRemove(t *testing.T) {
	cfg, tap := tapped(tabletest.Config(t))
	table := open(t, cfg)
	if _, _, err := table.Add(t.Context(), "tea", id, nil); err != nil {
		t.Fatal(err)
	}
	tap.take()
	tap.between = func(n int, send func() (*http.Response, error)) (*http.Response, error) {
		res, err := send()
		if n == 1 && err == nil {
			_ = res.Body.Close()
			return nil, io.ErrUnexpectedEOF
		}
		return res, err
	}
	_, removed, err := table.Remove(t.Context(), "tea", id)
	if err == nil || removed || !strings.Contains(err.Error(), "answer was lost") {
		t.Errorf("Remove returned %v, %v", removed, err)
	}
}

// A throttled request is tried again, a refused one is not.
func TestRetries(t *testing.T) {
	for _, tt := range []struct {
		kind  string
		tries int
		want  string // in the error
	}{
		{"ProvisionedThroughputExceededException", 12, "slow down"},
		{"ThrottlingException", 12, "slow down"},
		{"InternalServerError", 5, "slow down"},
		{"ResourceNotFoundException", 1, "tyg deploy"},
		{"AccessDeniedException", 1, "tyg gen-policy"},
	} {
		cfg, tap := tapped(tabletest.Config(t))
		table := open(t, cfg)
		tap.between = func(int, func() (*http.Response, error)) (*http.Response, error) {
			return &http.Response{StatusCode: 400, Body: io.NopCloser(strings.NewReader(
				`{"__type":"com.amazonaws.dynamodb.v20120810#` + tt.kind + `","message":"slow down"}`))}, nil
		}
		_, err := table.Conn(t.Context(), id)
		if n := tap.take(); err == nil || n != tt.tries || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %d tries and %v, want %d and %q", tt.kind, n, err, tt.tries, tt.want)
		}
	}
}
