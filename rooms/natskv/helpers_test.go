package natskv_test

import (
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/tyg-dev/tyg/rooms/natskv"
)

// eventually waits until is returns true.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !is(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not after a minute", what)
		}
	}
}

// keys counts the members and claims in a bucket.
func keys(t *testing.T, cfg natskv.Config) (n int) {
	t.Helper()
	nc, err := nats.Connect(cfg.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	bucket, err := js.KeyValue(t.Context(), "rooms")
	if err != nil {
		t.Fatal(err)
	}
	list, err := bucket.ListKeys(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for key := range list.Keys() {
		if strings.HasPrefix(key, "m.") || strings.HasPrefix(key, "n.") {
			n++
		}
	}
	return n
}

// heartbeats returns how often the server tells each consumer of a stream that it lives.
func heartbeats(t *testing.T, url, stream string) (all []time.Duration) {
	t.Helper()
	nc, err := nats.Connect(url)
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	s, err := js.Stream(t.Context(), stream)
	if err != nil {
		t.Fatal(err)
	}
	for info := range s.ListConsumers(t.Context()).Info() {
		all = append(all, info.Config.IdleHeartbeat)
	}
	if len(all) == 0 {
		t.Fatalf("stream %s has no consumer", stream)
	}
	return all
}
