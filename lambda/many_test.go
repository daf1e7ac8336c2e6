package lambda_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/apigw"
	"github.com/tyg-dev/tyg/lambda"
)

// someIDs are n ids that begin with the kind.
func someIDs(kind string, n int) []tyg.ConnID {
	ids := make([]tyg.ConnID, n)
	for i := range ids {
		ids[i] = tyg.ConnID(fmt.Sprintf("%s%0*d=", kind, 15-len(kind), i))
	}
	return ids
}

// counts is how often each connection was called.
type counts struct {
	mu   sync.Mutex
	byID map[string]int
}

func (c *counts) add(r *request) (id string, n int) {
	name, err := url.PathUnescape(path.Base(r.URL.EscapedPath()))
	if err != nil {
		panic(err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.byID == nil {
		c.byID = make(map[string]int)
	}
	c.byID[name]++
	return name, c.byID[name]
}

// TestSendMany has recipients of every kind, over real sockets, from several goroutines at once.
func TestSendMany(t *testing.T) {
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := path.Base(r.URL.Path)
		switch {
		case strings.HasPrefix(id, "gone"):
			apigw.WriteError(w, tyg.ErrGone)
		case strings.HasPrefix(id, "slow"):
			apigw.WriteError(w, tyg.ErrThrottled)
		case strings.HasPrefix(id, "broken"):
			apigw.WriteError(w, errSecret)
		}
	}))
	defer web.Close()
	client := &http.Client{Transport: new(http.Transport)}
	defer client.CloseIdleConnections()
	s := newSender(t, lambda.SenderConfig{
		Endpoint: web.URL + "/api", Region: "us-east-1", HTTPClient: client,
		RetryFor: 300 * time.Millisecond,
	})
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() { // ends after one call
			var ids []tyg.ConnID
			want := make(map[tyg.ConnID]error)
			for kind, err := range map[string]error{
				"fine": nil, "gone": tyg.ErrGone, "slow": tyg.ErrThrottled, "broken": lambda.ErrMaybeSent,
			} {
				for _, id := range someIDs(kind, 50) {
					ids = append(ids, id)
					want[id] = err
				}
			}
			ids = append(ids, "")
			want[""] = tyg.ErrInvalidID
			failed := 0
			for id, err := range tyg.Failures(s.SendMany(t.Context(), ids, []byte("x"))) {
				failed++
				if want[id] == nil || !errors.Is(err, want[id]) {
					t.Errorf("%s: %v, want %v", id, err, want[id])
				}
			}
			if failed != 151 {
				t.Errorf("%d failures, want 151", failed)
			}
		})
	}
	all.Wait()
}

// TestThrottledRecipientDelaysNoOther sends to more throttled recipients than requests at once, and
// then to others.
func TestThrottledRecipientDelaysNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var seen counts
		start := time.Now()
		var last atomic.Int64
		s := against(t, func(r *request) (*response, error) {
			id, n := seen.add(r)
			if strings.HasPrefix(id, "slow") && n < 4 {
				return respond(429, "LimitExceededException", "")
			}
			if strings.HasPrefix(id, "fine") {
				last.Store(int64(time.Since(start)))
			}
			return respond(200, "", "")
		})
		ids := append(someIDs("slow", 100), someIDs("fine", 100)...)
		if err := s.SendMany(t.Context(), ids, []byte("x")); err != nil {
			t.Errorf("error %v", err)
		}
		if wait := time.Duration(last.Load()); wait != 0 {
			t.Errorf("the last fine one waited %v", wait)
		}
		for _, id := range ids {
			want := 1
			if strings.HasPrefix(string(id), "slow") {
				want = 4
			}
			if got := seen.byID[string(id)]; got != want {
				t.Errorf("%s was called %d times, want %d", id, got, want)
			}
		}
	})
}

// TestSendManyParallel counts how many requests there are at once.
func TestSendManyParallel(t *testing.T) {
	for parallel, want := range map[int]int64{0: 256, 5: 5} {
		synctest.Test(t, func(t *testing.T) {
			var now, most atomic.Int64
			web := roundTrip(func(*request) (*response, error) {
				n := now.Add(1)
				for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
				}
				time.Sleep(time.Second) // in the bubble: until all that can run have come here
				now.Add(-1)
				return respond(200, "", "")
			})
			s := newSender(
				t,
				lambda.SenderConfig{Endpoint: endpoint, HTTPClient: web.client(), Parallel: parallel},
			)
			if err := s.SendMany(t.Context(), someIDs("x", 2000), []byte("x")); err != nil {
				t.Errorf("error %v", err)
			}
			if most.Load() != want {
				t.Errorf("%d requests at once, want %d", most.Load(), want)
			}
		})
	}
}

// TestSendManyUntilTheContextEnds has a context that ends half-way.
func TestSendManyUntilTheContextEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var requests atomic.Int64
	web := roundTrip(func(*request) (*response, error) {
		if requests.Add(1) == 50 {
			cancel()
		}
		return respond(200, "", "")
	})
	s := newSender(t, lambda.SenderConfig{
		Endpoint: endpoint, HTTPClient: web.client(), Parallel: 32,
	})
	failed := 0
	for _, err := range tyg.Failures(s.SendMany(ctx, someIDs("x", 1000), []byte("x"))) {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("error %v", err)
		}
		failed++
	}
	if n := int(requests.Load()); n+failed < 1000 || n > 50+32 {
		t.Errorf("%d requests and %d failures of 1000", n, failed)
	}
}
