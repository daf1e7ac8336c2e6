package natsd_test

import (
	"net"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg/internal/leaktest"
	"github.com/tyg-dev/tyg/internal/natsd"
	"github.com/tyg-dev/tyg/rooms/natskv"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

func TestServerIsOnLoopbackWithACredential(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	one, err := natsd.Start(natsd.Config{})
	if err != nil {
		t.Fatal(err)
	}
	two, err := natsd.Start(natsd.Config{})
	if err != nil {
		t.Fatal(err)
	}
	a, b := parse(t, one.URL()), parse(t, two.URL())
	if ip := net.ParseIP(a.Hostname()); !ip.IsLoopback() {
		t.Errorf("it listens on %s", a.Hostname())
	}
	if password, _ := a.User.Password(); len(password) < 20 {
		t.Errorf("the password has %d characters", len(password))
	}
	if a.User.String() == b.User.String() {
		t.Error("two servers have the same credential")
	}
	for _, s := range []*natsd.Server{one, two} {
		if err := s.Shutdown(); err != nil {
			t.Errorf("shut down: %v", err)
		}
	}
	if left, err := os.ReadDir(os.Getenv("TMPDIR")); err != nil || len(left) > 0 {
		t.Errorf("%v is left, %v", left, err)
	}
	if _, err := net.Dial("tcp", a.Host); err == nil {
		t.Error("it listens after Shutdown")
	}
}

func TestConnectWithoutTheCredentialIsRefused(t *testing.T) {
	server, err := natsd.Start(natsd.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = server.Shutdown() }()
	u := parse(t, server.URL())
	u.User = nil
	if _, err := natskv.Open(t.Context(), natskv.Config{URL: u.String()}); err == nil {
		t.Error("a client without the credential may connect")
	}
}

func TestDirKeepsWhatWasAcknowledged(t *testing.T) {
	dir := t.TempDir()
	for i := range 2 {
		server, err := natsd.Start(natsd.Config{Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		store, err := natskv.Open(t.Context(), natskv.Config{URL: server.URL()})
		if err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			err = store.Add(t.Context(), "a")
		} else {
			_, err = store.Get(t.Context(), "a")
		}
		if err != nil {
			t.Errorf("start %d: %v", i, err)
		}
		if err := store.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
		if err := server.Shutdown(); err != nil {
			t.Errorf("shut down: %v", err)
		}
	}
}

func TestStartErrorNamesTheCause(t *testing.T) {
	file := t.TempDir() + "/file"
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := natsd.Start(natsd.Config{Dir: file})
	if err == nil || !strings.Contains(err.Error(), "start NATS server") {
		t.Errorf("error %v", err)
	}
}

func parse(t *testing.T, address string) *url.URL {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u
}
