package gateway_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/gateway"
	"github.com/tyg-dev/tyg/internal/ws"
)

func TestDrainWindow(t *testing.T) {
	const s = time.Second
	for _, tt := range []struct {
		configured time.Duration
		n          int
		left, want time.Duration
	}{
		{0, 0, 0, 0},
		{0, 100, 0, 0},
		{0, 200, 0, 4 * s},
		{0, 1500, 0, 30 * s},
		{0, 30_000, 0, 30 * s},
		{0, 100_000, 0, 100 * s},
		{0, 100_000, 30 * s, 15 * s},
		{60 * s, 3, 0, 60 * s},
		{60 * s, 3, 30 * s, 15 * s},
		{-1, 100_000, 0, 0},
		{-1, 100_000, 30 * s, 0},
	} {
		if got := gateway.NewWindow(tt.configured, tt.n, tt.left); got != tt.want {
			t.Errorf("DrainWindow %v, %d connections, %v left: %v, want %v",
				tt.configured, tt.n, tt.left, got, tt.want)
		}
	}
}

// ears connects so many clients and records what each receives.
func (r *rig) ears(t *testing.T, n int) (all []*recorder) {
	t.Helper()
	for range n {
		all = append(all, r.dial(t).record())
	}
	return all
}

// wantRestart checks that all have ended with 1012.
func wantRestart(t *testing.T, ears []*recorder) {
	t.Helper()
	for _, e := range ears {
		<-e.over
		closed, ok := errors.AsType[*ws.CloseError](e.end)
		if !ok || closed.Code != ws.CloseServiceRestart || closed.Reason != "Service restart" {
			t.Fatalf("client ended with %v", e.end)
		}
	}
}

// TestDrainIsEvenAndRandom looks at when each of many clients is closed.
func TestDrainIsEvenAndRandom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const clients, window, part = 200, 20 * time.Second, 2 * time.Second
		r := startPipes(t, &gateway.Server{Handler: echo(), DrainWindow: window}, nil)
		ears := r.ears(t, clients)
		start := time.Now()
		if err := r.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
		wantRestart(t, ears)
		var at []time.Duration
		for _, e := range ears {
			at = append(at, e.at.Sub(start))
		}
		if slices.IsSorted(at) {
			t.Error("the clients are closed in the order in which they came")
		}
		slices.Sort(at)
		perPart := make(map[int]int)
		short, long := 0, 0
		for i, d := range at {
			perPart[int(d/part)]++
			if i > 0 && d-at[i-1] < window/clients/2 {
				short++
			} else if i > 0 && d-at[i-1] > window/clients*3/2 {
				long++
			}
		}
		for i := range int(window / part) {
			if n := perPart[i]; n < clients/10-1 || n > clients/10+1 {
				t.Errorf("%d clients are closed in part %d, want %d", n, i, clients/10)
			}
		}
		if short == 0 || long == 0 {
			t.Errorf("there is no jitter: %v", at)
		}
	})
}

// TestFewConnectionsEndAtOnce is Ctrl-C on a laptop.
func TestFewConnectionsEndAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := startPipes(t, &gateway.Server{Handler: echo()}, nil)
		ears := r.ears(t, 50)
		start := time.Now()
		if err := r.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
		wantRestart(t, ears)
		if d := time.Since(start); d != 0 {
			t.Errorf("Shutdown took %v", d)
		}
	})
}

// TestDrainEndsWithItsContext has a window that is longer than the time, and a context that ends in
// the middle.
func TestDrainEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := startPipes(t, &gateway.Server{Handler: echo(), DrainWindow: time.Hour}, nil)
		ears := r.ears(t, 20)
		start := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		if err := r.Shutdown(ctx); err != nil {
			t.Fatal(err)
		}
		wantRestart(t, ears)
		if d := time.Since(start); d < 14*time.Second || d > 15*time.Second {
			t.Errorf("Shutdown took %v, want 15s", d)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		r := startPipes(t, &gateway.Server{Handler: echo(), DrainWindow: 10 * time.Minute}, nil)
		ears := r.ears(t, 20)
		start := time.Now()
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		time.AfterFunc(5*time.Minute, cancel)
		err := r.Shutdown(ctx)
		if d := time.Since(start); err != nil && !errors.Is(err, context.Canceled) || d > 6*time.Minute {
			t.Errorf("Shutdown: %v after %v", err, d)
		}
		for _, e := range ears {
			<-e.over // also if its turn had not come; a pipe may lose the close frame
		}
	})
}

// TestDrainLosesNothing has clients that talk all the time. Each message that the application has
// seen is answered before the close frame, and each client that connected has one disconnect.
func TestDrainLosesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const clients = 50
		app := tyg.New("test")
		var mu sync.Mutex
		handled, ends := make(map[tyg.ConnID]int), make(map[tyg.ConnID]int)
		count := func(of map[tyg.ConnID]int, id tyg.ConnID) int {
			mu.Lock()
			defer mu.Unlock()
			of[id]++
			return of[id]
		}
		app.OnMessage(func(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
			n := count(handled, c.ID)
			time.Sleep(70 * time.Millisecond)
			return c.SendString(ctx, fmt.Sprint(c.ID, " ", n))
		})
		app.OnDisconnect(func(_ context.Context, c *tyg.Conn, _ tyg.Disconnect) error {
			count(ends, c.ID)
			return nil
		})
		r := startPipes(t, &gateway.Server{Handler: app, DrainWindow: 10 * time.Second}, nil)
		var all []*client
		for range clients {
			all = append(all, r.dial(t))
		}
		var talking sync.WaitGroup
		var ears []*recorder
		for _, c := range all {
			e := c.record()
			ears = append(ears, e)
			talking.Go(func() {
				for n := 0; !e.isOver(); n++ {
					if c.Write(t.Context(), ws.OpText, []byte(fmt.Sprint(n))) != nil {
						return
					}
					time.Sleep(100 * time.Millisecond)
				}
			})
		}
		time.Sleep(time.Second)
		if err := r.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
		talking.Wait()
		wantRestart(t, ears)
		answers, messages := 0, 0
		for _, e := range ears {
			answers += len(e.received())
		}
		for id, n := range handled {
			if messages += n; ends[id] != 1 {
				t.Errorf("%s has %d disconnects", id, ends[id])
			}
		}
		if len(ends) != clients || answers != messages || messages < clients*20 {
			t.Errorf("%d of %d clients have a disconnect, %d of %d messages an answer",
				len(ends), clients, answers, messages)
		}
	})
}

// TestDrainBoundsItsHandlers has slow disconnect handlers.
func TestDrainBoundsItsHandlers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		app := echo()
		var running, most, ended atomic.Int64
		app.OnDisconnect(func(context.Context, *tyg.Conn, tyg.Disconnect) error {
			most.Store(max(most.Load(), running.Add(1)))
			time.Sleep(time.Second)
			running.Add(-1)
			ended.Add(1)
			return nil
		})
		r := startPipes(t, &gateway.Server{Handler: app, DrainWindow: -1}, nil)
		if err := r.Start(); err != nil {
			t.Fatal(err)
		}
		r.SetEnds(3)
		ears := r.ears(t, 10)
		if err := r.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		wantRestart(t, ears)
		if most.Load() != 3 || ended.Load() != 10 {
			t.Errorf("%d handlers have run, %d at a time, want 10 and 3", ended.Load(), most.Load())
		}
	})
}

// TestDrainServesUntilItsTurn talks to clients over real sockets until each is closed.
func TestDrainServesUntilItsTurn(t *testing.T) {
	t.Parallel() // it mostly waits
	onBoth(t, func(t *testing.T, portable bool) {
		const clients, window = 100, 2 * time.Second
		app := echo()
		l := follow(app)
		r := start(t, &gateway.Server{Handler: app, Portable: portable, DrainWindow: window})
		var all []*client
		for range clients {
			all = append(all, r.dial(t))
		}
		var talking sync.WaitGroup
		var answered, ended [clients]time.Time
		for i, c := range all {
			talking.Go(func() {
				for c.Write(t.Context(), ws.OpText, []byte("hi")) == nil {
					if _, _, err := c.Read(t.Context()); err != nil {
						break
					}
					answered[i] = time.Now()
					time.Sleep(20 * time.Millisecond)
				}
				ended[i] = time.Now()
				_ = c.CloseNow()
			})
		}
		if err := r.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		talking.Wait()
		first, last := slices.MinFunc(ended[:], time.Time.Compare), 0
		for i, at := range answered {
			if at.After(answered[last]) {
				last = i
			}
		}
		if d := answered[last].Sub(first); d < window/4 { // less than window where this machine is busy
			t.Errorf("the last answer came %v after the first close, want about %v", d, window)
		}
		for range clients {
			l.wantEnd(t, ws.CloseServiceRestart, "Service restart")
		}
	})
}
