package natskv_test

import (
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/rooms"
	"github.com/tyg-dev/tyg/rooms/natskv"
)

func add(t *testing.T, s rooms.Store, ids ...tyg.ConnID) {
	t.Helper()
	for _, id := range ids {
		if err := s.Add(t.Context(), id); err != nil {
			t.Fatalf("add %s: %v", id, err)
		}
	}
}

func rename(t *testing.T, s rooms.Store, id tyg.ConnID, name string) {
	t.Helper()
	if _, err := s.Rename(t.Context(), id, name); err != nil {
		t.Fatalf("rename %s to %q: %v", id, name, err)
	}
}

func move(t *testing.T, s rooms.Store, id tyg.ConnID, from, to string) {
	t.Helper()
	if _, err := s.Move(t.Context(), id, from, to); err != nil {
		t.Fatalf("move %s from %q to %q: %v", id, from, to, err)
	}
}

// eventually waits until something is so.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !is(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not after 20 s", what)
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
