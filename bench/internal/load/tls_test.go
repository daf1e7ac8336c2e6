package load_test

import (
	"crypto/tls"
	"crypto/x509"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg/bench/internal/load"
	"github.com/tyg-dev/tyg/bench/internal/loopback"
)

// secure is an echo server with TLS, and a client's config for it.
func secure(t *testing.T) load.Config {
	t.Helper()
	file := filepath.Join(t.TempDir(), "loopback.pem")
	if err := loopback.Write(file); err != nil {
		t.Fatal(err)
	}
	server, err := loopback.Server(file, true)
	if err != nil {
		t.Fatal(err)
	}
	client, err := loopback.Client(file)
	if err != nil {
		t.Fatal(err)
	}
	cfg := config(serveOn(t, tls.NewListener(listen(t), server), false, echo))
	cfg.TLS = client
	return cfg
}

// TestResumedHandshakes has clients without and with a cache of sessions connect.
func TestResumedHandshakes(t *testing.T) {
	cfg := secure(t)
	for _, cache := range []tls.ClientSessionCache{nil, tls.NewLRUClientSessionCache(0)} {
		cfg.TLS.ClientSessionCache = cache
		r, err := load.Handshake(cfg)
		if err != nil || r.Messages < 1 {
			t.Fatalf("%+v, %v", r, err)
		}
		if resumed := r.Resumed > r.Messages/2; resumed != (cache != nil) {
			t.Errorf("%d of %d were resumed; a cache: %v", r.Resumed, r.Messages, cache != nil)
		}
	}
}

func TestSecureEcho(t *testing.T) {
	cfg := secure(t)
	for _, size := range []int{1, 512, 70_000} { // the last one is several records
		cfg.Size = size
		r, err := load.Echo(cfg)
		if err != nil || r.Messages < 1 {
			t.Errorf("%d bytes: %+v, %v", size, r, err)
		}
	}
}

func TestSecureHandshakes(t *testing.T) {
	cfg := secure(t)
	cfg.Parallel = 3
	r, err := load.Handshake(cfg)
	if err != nil || r.Messages < 1 {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestSecureHold(t *testing.T) {
	cfg := secure(t)
	cfg.Conns, cfg.Depth = 70, 1
	closeAll, err := load.Hold(cfg)
	if err != nil {
		t.Fatal(err)
	}
	closeAll()
}

func TestSecureFails(t *testing.T) {
	cfg := secure(t)
	cfg.TLS = cfg.TLS.Clone()
	cfg.TLS.RootCAs = x509.NewCertPool()
	if _, err := load.Echo(cfg); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("error is %v", err)
	}
}
