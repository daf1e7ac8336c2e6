//go:build !tyg.lambda

package host_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/host"
	"github.com/tyg-dev/tyg/internal/natsd"
	"github.com/tyg-dev/tyg/internal/ws"
	"github.com/tyg-dev/tyg/internal/wsclient"
	"github.com/tyg-dev/tyg/tygtest"
)

// count sends "count" so many times and returns the last answer.
func count(ctx context.Context, c *wsclient.Conn, times int) (n int, err error) {
	for range times {
		if err := c.Write(ctx, ws.OpText, []byte(`{"action":"count"}`)); err != nil {
			return 0, err
		}
		_, data, err := c.Read(ctx)
		if err != nil {
			return 0, err
		}
		if err := json.Unmarshal(data, &n); err != nil {
			return 0, fmt.Errorf("answer %q: %w", data, err)
		}
	}
	return n, nil
}

// Processes share their values by NATS, and a process that starts later has them.
func TestRunSharesValuesOnNATS(t *testing.T) {
	server, err := natsd.Start(natsd.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = server.Shutdown() }()
	startOne := func() (url string, kill func()) {
		p := run(t, "with NATS")
		p.Env = append(p.Env, "TYG_NATS_URL="+server.URL(), "TYG_NATS_BUCKET=test")
		p.start(t)
		return p.url(t), func() { _ = p.Process.Kill(); _ = p.Wait() }
	}
	const each = 10
	var both sync.WaitGroup
	var kills []func()
	for range 2 {
		url, kill := startOne()
		kills = append(kills, kill)
		c := dial(t, url, nil)
		both.Go(func() {
			if _, err := count(t.Context(), c, each); err != nil {
				t.Errorf("count: %v", err)
			}
		})
	}
	both.Wait()
	for _, kill := range kills {
		kill()
	}
	url, _ := startOne()
	if n, err := count(t.Context(), dial(t, url, nil), 1); err != nil || n != 2*each+1 {
		t.Errorf("the count is %d, %v, want %d", n, err, 2*each+1)
	}
}

// memoryStore is values in memory that can be closed.
type memoryStore struct {
	tyg.Values
	closed *atomic.Bool
}

func (m memoryStore) Close() error { m.closed.Store(true); return nil }

func TestStoredValuesAreOpenedAtTheirFirstUse(t *testing.T) {
	var opened int
	var closed atomic.Bool
	away := errors.New("the store is away")
	v := host.NewStoredValues(func(context.Context) (host.ValueStore, error) {
		if opened++; opened == 1 {
			return nil, away
		}
		return memoryStore{tygtest.NewHost(t, tyg.New("memory")), &closed}, nil
	})
	if opened != 0 {
		t.Error("the store is opened before it is used")
	}
	k := tyg.ValueKey{Name: "a"}
	if _, _, err := v.LoadValue(t.Context(), k); !errors.Is(err, away) {
		t.Errorf("error %v, want that of the store", err)
	}
	if _, err := v.StoreValue(t.Context(), k, []byte("1"), 0); err != nil {
		t.Errorf("store: %v", err)
	}
	if data, _, err := v.LoadValue(t.Context(), k); err != nil || string(data) != "1" {
		t.Errorf("load: %q, %v", data, err)
	}
	if opened != 2 {
		t.Errorf("the store was opened %d times, want 2", opened)
	}
	if err := v.Close(); err != nil || !closed.Load() {
		t.Errorf("close: %v, the store is closed: %v", err, closed.Load())
	}
}

// Callers who come while the store is opened wait for that attempt, each as long as it likes.
func TestOneAttemptOpensTheStore(t *testing.T) {
	var opened atomic.Int32
	begun, proceed := make(chan struct{}), make(chan struct{})
	away := errors.New("the store is away")
	v := host.NewStoredValues(func(context.Context) (host.ValueStore, error) {
		opened.Add(1)
		close(begun)
		<-proceed
		return nil, away
	})
	load := func(ctx context.Context) error {
		_, _, err := v.LoadValue(ctx, tyg.ValueKey{Name: "a"})
		return err
	}
	first := make(chan error, 1)
	go func() { first <- load(t.Context()) }() // ends when proceed is closed
	<-begun
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := load(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("a caller that has gone got %v", err)
	}
	close(proceed)
	if err := <-first; !errors.Is(err, away) {
		t.Errorf("error %v, want that of the store", err)
	}
	if n := opened.Load(); n != 1 {
		t.Errorf("the store was opened %d times, want once", n)
	}
	if err := v.Close(); err != nil {
		t.Errorf("close of what is not open: %v", err)
	}
}
