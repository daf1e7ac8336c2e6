package natsurl_test

import (
	"crypto/tls"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg/internal/natsurl"
)

func TestCheck(t *testing.T) {
	t.Parallel()
	var open natsurl.Access
	certified := natsurl.Access{TLS: &tls.Config{Certificates: make([]tls.Certificate, 1)}}
	tests := []struct {
		list   string
		access natsurl.Access
		want   string // part of the error, "" for none
	}{
		{"nats://127.0.0.1:4222", open, ""},
		{"127.0.0.1", open, ""},
		{"[::1]:4222", open, ""},
		{"localhost:4222, nats://127.0.0.2", open, ""},
		{"LOCALHOST.", open, ""},
		{"tls://user:secret@db.example:4222", open, ""},
		{"db.example", certified, ""},
		{"db.example", natsurl.Access{Insecure: true}, ""},
		{"tls://db.example", natsurl.Access{CredentialsFile: "file"}, ""},
		{"", open, "neither URL nor Conn"},
		{"nats://", open, "not like nats://host:4222"},
		{"nats://user:secret@a b", open, "not like nats://host:4222"},
		{"nats://user:secret@db.example", open, "NATS on db.example: use tls://"},
		{"nats://localhost,nats://user:secret@db.example", open, "NATS on db.example: use tls://"},
		{"nats://localhost.example", open, "use tls://"},
		{"tls://db.example", open, "no credential"},
		{"db.example", natsurl.Access{TLS: new(tls.Config)}, "no credential"},
	}
	for _, tt := range tests {
		err := tt.access.Check(tt.list)
		switch {
		case err == nil && tt.want == "":
		case err == nil || tt.want == "" || !strings.Contains(err.Error(), tt.want):
			t.Errorf("%q: got error %v, want %q", tt.list, err, tt.want)
		case strings.Contains(err.Error(), "secret"):
			t.Errorf("%q: the error shows the password: %v", tt.list, err)
		}
	}
}
