package cluster

import (
	"context"
	"io"
	"net"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/tyg-dev/tyg/internal/natsd"
	"github.com/tyg-dev/tyg/internal/sampletest"
)

// slowURL returns the URL of a way to a server on which each answer takes so long.
func slowURL(t *testing.T, server string, delay time.Duration) string {
	t.Helper()
	u, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	target := u.Host
	u.Host = l.Addr().String()
	var ended sync.WaitGroup
	ended.Go(func() { // ends with the listener
		for {
			from, err := l.Accept()
			if err != nil {
				return
			}
			to, err := net.Dial("tcp", target)
			if err != nil {
				_ = from.Close()
				continue
			}
			// They end with the connections, which their clients close.
			ended.Go(func() { _, _ = io.Copy(to, from); _ = to.Close() })
			ended.Go(func() { copyLate(from, to, delay); _ = from.Close() })
		}
	})
	t.Cleanup(func() { _ = l.Close(); ended.Wait() })
	return u.String()
}

// copyLate copies each piece after a delay, in which others may come.
func copyLate(to io.Writer, from io.Reader, delay time.Duration) {
	type piece struct {
		data []byte
		at   time.Time
	}
	pieces := make(chan piece, 1<<10)
	var written sync.WaitGroup
	defer written.Wait()
	defer close(pieces)
	written.Go(func() { // ends with pieces
		for p := range pieces {
			time.Sleep(time.Until(p.at))
			_, _ = to.Write(p.data) // the client may be gone
		}
	})
	for {
		b := make([]byte, 32<<10)
		n, err := from.Read(b)
		if err != nil {
			return
		}
		pieces <- piece{b[:n], time.Now().Add(delay)}
	}
}

// TestSweepOnASlowNATS sweeps where each answer takes longer than a first attempt has.
func TestSweepOnASlowNATS(t *testing.T) {
	sampletest.Part(t, 4) // it waits for 15 seconds
	t.Parallel()
	server, err := natsd.Start(natsd.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Shutdown() })
	cfg := Config{Name: "slow"}.withDefaults()
	cfg.Redeliver = time.Minute // what is lost comes too late
	open := func(url string) *streamLedger {
		nc, err := nats.Connect(url, nats.Timeout(time.Minute))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(nc.Close)
		js, err := jetstream.New(nc)
		if err != nil {
			t.Fatal(err)
		}
		l, err := openLedger(t.Context(), js, cfg)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(l.close)
		return l
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Second)
	defer cancel()
	const inc = 7
	quick := open(server.URL())
	for _, key := range []string{"a.c", "b.c", "c.c"} {
		if err := quick.record(ctx, inc, key, []byte(key)); err != nil {
			t.Fatal(err)
		}
	}
	told := make(chan string, 9)
	err = open(slowURL(t, server.URL(), 1600*time.Millisecond)).sweep(ctx, inc, connRecords,
		func(r record) error { told <- string(r.data); return nil })
	if err != nil || len(told) != 3 {
		t.Errorf("%d records were told, %v", len(told), err)
	}
}
