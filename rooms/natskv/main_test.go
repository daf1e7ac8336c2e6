package natskv_test

import (
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync/atomic"
	"testing"

	"github.com/tyg-dev/tyg/internal/leaktest"
	"github.com/tyg-dev/tyg/internal/natsd"
	"github.com/tyg-dev/tyg/internal/natsd/natsdtest"
	"github.com/tyg-dev/tyg/internal/paralleltest"
	"github.com/tyg-dev/tyg/rooms/natskv"
)

func TestMain(m *testing.M) {
	debug.SetGCPercent(400) // with 100, collection takes a fifth of the processor time
	natsdtest.FastElections()
	paralleltest.AtOnce(8)
	leaktest.Main(m)
}

// serve runs a server until the test ends.
func serve(t *testing.T) *natsd.Server {
	t.Helper()
	server, err := natsd.Start(natsd.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Shutdown(); err != nil {
			t.Errorf("shut down: %v", err)
		}
	})
	return server
}

// open opens a Store until the test ends.
func open(t *testing.T, cfg natskv.Config) *natskv.Store {
	t.Helper()
	cfg.Logger = slog.New(slog.DiscardHandler)
	store, err := natskv.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return store
}

// buckets returns a new name for each bucket.
type buckets struct{ n atomic.Int64 }

func (b *buckets) next() string { return fmt.Sprintf("bucket-%d", b.n.Add(1)) }
