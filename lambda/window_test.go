package lambda_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/lambda"
)

// A limited is an API whose account may make so many calls a second, as a token bucket.
type limited struct {
	rate, burst float64
	delay       time.Duration // of an answer

	mu       sync.Mutex
	tokens   float64
	filled   time.Time
	accepted map[string]int // by connection
	refused  int
}

func (l *limited) RoundTrip(r *http.Request) (*response, error) {
	ok := l.take(r)
	time.Sleep(l.delay)
	if !ok {
		return respond(429, "LimitExceededException", "")
	}
	return respond(200, "", "")
}

func (l *limited) take(r *http.Request) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	if l.accepted == nil {
		l.accepted, l.tokens, l.filled = make(map[string]int), l.burst, now
	}
	l.tokens = min(l.burst, l.tokens+l.rate*now.Sub(l.filled).Seconds())
	l.filled = now
	if l.tokens < 1 {
		l.refused++
		return false
	}
	l.tokens--
	l.accepted[r.URL.Path]++
	return true
}

// SendMany finds the rate of the account: it delivers each message once, in little more time than
// the rate allows, with few calls in vain.
func TestSendManyObeysTheRate(t *testing.T) {
	for _, tt := range []struct {
		name                  string
		rate, burst           float64
		delay                 time.Duration
		seconds, inVainOfEach float64 // at most
	}{
		{"much", 1e6, 1e6, 8 * time.Millisecond, 1, 0},
		{"a tenth of what it could", 1000, 500, 8 * time.Millisecond, 3, 0.5},
		{"little", 200, 100, 8 * time.Millisecond, 14, 0.7},
		{"slow", 200, 100, 200 * time.Millisecond, 14, 0.7},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				api := &limited{rate: tt.rate, burst: tt.burst, delay: tt.delay}
				s := newSender(t, lambda.SenderConfig{
					Endpoint: endpoint, HTTPClient: &http.Client{Transport: api}, RetryFor: time.Hour,
				})
				const n = 2000
				start := time.Now()
				if err := s.SendMany(t.Context(), someIDs("x", n), []byte("x")); err != nil {
					t.Fatal(err)
				}
				if took := time.Since(start).Seconds(); took > tt.seconds {
					t.Errorf("%v seconds, want at most %v", took, tt.seconds)
				}
				for path, times := range api.accepted {
					if times != 1 {
						t.Errorf("%s got the message %d times", path, times)
					}
				}
				if len(api.accepted) != n {
					t.Errorf("%d got the message, want %d", len(api.accepted), n)
				}
				if most := math.Ceil(tt.inVainOfEach * n); float64(api.refused) > most {
					t.Errorf("%d calls were in vain, want at most %v", api.refused, most)
				}
				t.Logf("%v, %d in vain", time.Since(start), api.refused)
			})
		})
	}
}

// While the account is throttled altogether, calls pause instead of being made in vain. A context
// that ends then ends the broadcast at once, and nothing is left that waits.
func TestSendManyInAStorm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var calls atomic.Int64
		web := roundTrip(func(*request) (*response, error) {
			calls.Add(1)
			time.Sleep(5 * time.Millisecond)
			return respond(429, "LimitExceededException", "")
		})
		s := newSender(t, lambda.SenderConfig{
			Endpoint: endpoint, HTTPClient: web.client(), RetryFor: time.Hour,
		})
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		start := time.Now()
		failed := 0
		for _, err := range tyg.Failures(s.SendMany(ctx, someIDs("x", 30_000), []byte("x"))) {
			if !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, tyg.ErrThrottled) {
				t.Fatalf("error %v", err)
			}
			failed++
		}
		// One request at a time would be 12,000 in a minute.
		took := time.Since(start)
		if n := calls.Load(); failed != 30_000 || n > 6000 || took > time.Minute+time.Second {
			t.Errorf("%d failures and %d calls after %v", failed, n, took)
		}
	})
}

// Broadcasts at the same time share the window of their Sender.
func TestBroadcastsShareTheWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var now, most atomic.Int64
		web := roundTrip(func(*request) (*response, error) {
			n := now.Add(1)
			for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
			}
			time.Sleep(time.Second)
			now.Add(-1)
			return respond(200, "", "")
		})
		s := newSender(t, lambda.SenderConfig{
			Endpoint: endpoint, HTTPClient: web.client(), Parallel: 10,
		})
		ctx, cancel := context.WithCancel(t.Context())
		var all sync.WaitGroup
		for i := range 5 {
			all.Go(func() { // ends after one call
				its := ctx
				if i > 0 {
					its = t.Context()
				}
				err := s.SendMany(its, someIDs("x", 100), []byte("x"))
				if (err != nil) != (i == 0) {
					t.Errorf("broadcast %d: error %v", i, err)
				}
			})
		}
		time.Sleep(5500 * time.Millisecond)
		cancel() // those that wait for a turn let the others go on
		all.Wait()
		if most.Load() != 10 {
			t.Errorf("%d requests at once, want 10", most.Load())
		}
	})
}

// A window that has found round trips long grows again when they are short. The first calls of
// a process may be slow, and so may those of a moment.
func TestWindowGrowsAfterSlowCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var calls, now, most atomic.Int64
		web := roundTrip(func(*request) (*response, error) {
			n := now.Add(1)
			for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
			}
			delay := 8 * time.Millisecond
			if n := calls.Add(1); n > 32 && n < 200 {
				delay = 200 * time.Millisecond
			}
			time.Sleep(delay)
			now.Add(-1)
			return respond(200, "", "")
		})
		s := newSender(t, lambda.SenderConfig{Endpoint: endpoint, HTTPClient: web.client()})
		if err := s.SendMany(t.Context(), someIDs("x", 3000), []byte("x")); err != nil {
			t.Fatal(err)
		}
		if most.Load() != 256 {
			t.Errorf("%d requests at once, want 256", most.Load())
		}
	})
}

// slowAPI answers after 7.5 ms.
func slowAPI(b *testing.B) lambda.SenderConfig {
	web := httptest.NewServer(http.HandlerFunc(
		func(http.ResponseWriter, *http.Request) { time.Sleep(7500 * time.Microsecond) }))
	b.Cleanup(web.Close)
	return lambda.SenderConfig{Endpoint: web.URL + "/api", Region: "us-east-1", Credentials: key}
}

// BenchmarkSendMany sends to an API on this machine. The Sender is new in each round, as in
// a function that has just started.
func BenchmarkSendMany(b *testing.B) {
	cfg := slowAPI(b)
	for _, n := range []int{1000, 10_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			ids := someIDs("x", n)
			b.ReportAllocs()
			for b.Loop() {
				s := newSender(b, cfg)
				if err := s.SendMany(b.Context(), ids, []byte("hello")); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// fullTable has members in pages that come after 5 ms.
type fullTable struct {
	lambda.GroupTable
	members []tyg.Member
}

func (f *fullTable) Parts() int { return 4 }

func (f *fullTable) Members(
	_ context.Context, _ string, part int, _ string,
) ([]tyg.Member, string, error) {
	time.Sleep(5 * time.Millisecond)
	n := len(f.members) / 4
	return f.members[part*n : (part+1)*n], "", nil
}

// BenchmarkSendToGroup is BenchmarkSendMany for a group in a table, by one invocation.
func BenchmarkSendToGroup(b *testing.B) {
	cfg := slowAPI(b)
	for _, n := range []int{1000, 10_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			table := new(fullTable)
			for _, id := range someIDs("x", n) {
				table.members = append(table.members, tyg.Member{ID: id})
			}
			b.ReportAllocs()
			for b.Loop() {
				app := tyg.New("app")
				newHost(b, app, lambda.Config{SenderConfig: cfg, Groups: table})
				var d tyg.Delivery
				err := app.Group("tea").SendString(b.Context(), "hello", tyg.Report(&d))
				if err != nil || d.Reached != n {
					b.Fatalf("%+v, %v", d, err)
				}
			}
		})
	}
}
