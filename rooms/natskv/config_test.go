package natskv_test

import (
	"crypto/tls"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/tyg-dev/tyg/rooms/natskv"
	"github.com/tyg-dev/tyg/rooms/roomstest"
)

func TestOpenRefuses(t *testing.T) {
	for _, tt := range []struct {
		name string
		cfg  natskv.Config
		want string
	}{
		{"nothing", natskv.Config{}, "neither URL nor Conn"},
		{"bucket", natskv.Config{URL: "nats://127.0.0.1", Bucket: "a.b"}, `bucket "a.b"`},
		{"time", natskv.Config{URL: "nats://127.0.0.1", TTL: -time.Second}, "negative"},
		{"no host", natskv.Config{URL: "nats://"}, "not like"},
		{"no URL", natskv.Config{URL: "nats://a:secret@h:x"}, "not like"},
		{"clear", natskv.Config{URL: "nats://u:secret@example.com"}, "use tls://"},
		{"one clear", natskv.Config{URL: "tls://u:p@a.example, u:secret@b.example"}, "use tls://"},
		{"no credential", natskv.Config{URL: "tls://example.com"}, "no credential"},
		{"no certificate", natskv.Config{URL: "example.com", TLS: &tls.Config{}}, "no credential"},
		{"no server", natskv.Config{URL: "nats://u:secret@127.0.0.1:1"}, "connect"},
		{"no file", natskv.Config{URL: "nats://127.0.0.1:1", CredentialsFile: "none"}, "none"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := natskv.Open(t.Context(), tt.cfg)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want it to say %q", err, tt.want)
			}
			if err != nil && strings.Contains(err.Error(), "secret") {
				t.Errorf("the password is in the error %q", err)
			}
		})
	}
}

func TestOpenWithWrongPassword(t *testing.T) {
	url := strings.Replace(serve(t).URL(), "tyg:", "tyg:not", 1)
	_, err := natskv.Open(t.Context(), natskv.Config{URL: url})
	if err == nil || !strings.Contains(err.Error(), "Authorization") {
		t.Errorf("error %v, want it to speak of authorization", err)
	}
}

// Close leaves the connection in Config.Conn open, and Open leaves an existing bucket unchanged.
func TestConn(t *testing.T) {
	nc, err := nats.Connect(serve(t).URL())
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	for range 2 {
		store, err := natskv.Open(t.Context(), natskv.Config{Conn: nc})
		if err != nil {
			t.Fatal(err)
		}
		roomstest.Add(t, store, "a")
		if err := store.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	}
	if !nc.IsConnected() {
		t.Error("Close closed a connection that is not the Store's")
	}
}

func TestForeignBucketIsRefused(t *testing.T) {
	url := serve(t).URL()
	nc, err := nats.Connect(url)
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := js.CreateKeyValue(t.Context(), jetstream.KeyValueConfig{Bucket: "mine"}); err != nil {
		t.Fatal(err)
	}
	_, err = natskv.Open(t.Context(), natskv.Config{URL: url, Bucket: "mine"})
	if err == nil || !strings.Contains(err.Error(), "name another") {
		t.Errorf("error %v, want it to say what to do", err)
	}
}
