package grouptable_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/internal/grouptable"
	"github.com/tyg-dev/tyg/internal/leaktest"
	"github.com/tyg-dev/tyg/lambda"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

var key = lambda.Key{AccessKeyID: "test", SecretAccessKey: "test"}

const id tyg.ConnID = "R1kmxc2VNjMCFIA="

func open(t *testing.T, cfg grouptable.Config) *grouptable.Table {
	t.Helper()
	table, err := grouptable.Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	table.SetWaits(noWait)
	return table
}

func noWait(time.Duration) <-chan time.Time {
	c := make(chan time.Time, 1)
	c <- time.Time{}
	return c
}

// A tap sees requests, and may answer them itself. n counts them from 1.
type tap struct {
	http.RoundTripper
	mu      sync.Mutex
	n       int                          // guarded by mu
	bodies  []map[string]json.RawMessage // guarded by mu
	between func(n int, send func() (*http.Response, error)) (*http.Response, error)
}

// tapped returns cfg with a tap in its HTTP client.
func tapped(cfg grouptable.Config) (grouptable.Config, *tap) {
	t := &tap{RoundTripper: cfg.HTTPClient.Transport}
	cfg.HTTPClient = &http.Client{Transport: t}
	return cfg, t
}

func (t *tap) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	var in map[string]json.RawMessage
	_ = json.Unmarshal(body, &in)
	t.mu.Lock()
	t.n++
	n, between := t.n, t.between
	t.bodies = append(t.bodies, in)
	t.mu.Unlock()
	if between == nil {
		return t.RoundTripper.RoundTrip(r)
	}
	return between(n, func() (*http.Response, error) { return t.RoundTripper.RoundTrip(r) })
}

// take returns how many requests there were since the last take.
func (t *tap) take() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := t.n
	t.n, t.bodies = 0, nil
	return n
}

// end is what a host does at the end of a connection. It returns how many memberships it has ended.
func end(ctx context.Context, table *grouptable.Table, id tyg.ConnID) (n int, err error) {
	_, groups, err := table.Leave(ctx, id)
	if err != nil {
		return 0, err
	}
	for _, group := range groups {
		_, removed, err := table.Remove(ctx, group, id)
		if err != nil {
			return n, err
		}
		if removed {
			n++
		}
	}
	return n, table.Forget(ctx, id)
}

// members returns all members of a group, and checks that they are as many as Count says.
func members(t *testing.T, table *grouptable.Table, group string) map[tyg.ConnID]tyg.Member {
	t.Helper()
	all := make(map[tyg.ConnID]tyg.Member)
	for part := range table.Parts() {
		for after, first := "", true; first || after != ""; first = false {
			page, next, err := table.Members(t.Context(), group, part, after)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range page {
				if _, twice := all[m.ID]; twice {
					t.Errorf("%s is twice among the members", m.ID)
				}
				all[m.ID] = m
			}
			after = next
		}
	}
	if n, err := table.Count(t.Context(), group); err != nil || n != len(all) {
		t.Errorf("Count returned %d, %v, and there are %d members", n, err, len(all))
	}
	return all
}
