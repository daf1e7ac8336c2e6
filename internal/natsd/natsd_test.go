package natsd_test

import (
	"context"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/internal/leaktest"
	"github.com/tyg-dev/tyg/internal/natsd"
	"github.com/tyg-dev/tyg/internal/natsd/natsdtest"
	"github.com/tyg-dev/tyg/internal/paralleltest"
	"github.com/tyg-dev/tyg/rooms/natskv"
)

func TestMain(m *testing.M) {
	natsdtest.FastElections()
	paralleltest.AtOnce(8)
	leaktest.Main(m)
}

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

// TestServerComesBackAfterAFullDisk switches off what the server switches off at a full disk.
func TestServerComesBackAfterAFullDisk(t *testing.T) {
	server, err := natsd.Start(natsd.Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = server.Shutdown() }()
	store, err := natskv.Open(t.Context(), natskv.Config{URL: server.URL()})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	if err := store.Add(t.Context(), "before"); err != nil {
		t.Fatal(err)
	}
	if err := server.SwitchOff(); err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(30 * time.Second)
	for {
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		err := store.Add(ctx, "after")
		cancel()
		if err == nil {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("it does not come back: %v", err)
		}
	}
	for _, id := range []tyg.ConnID{"before", "after"} {
		if _, err := store.Get(t.Context(), id); err != nil {
			t.Errorf("%s is lost: %v", id, err)
		}
	}
}

// TestServerFailsWithoutItsFolder puts a file where the folder was.
func TestServerFailsWithoutItsFolder(t *testing.T) {
	server, err := natsd.Start(natsd.Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = server.Shutdown() }()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	server.LoseDir(filepath.Join(file, "nats"))
	if err := server.SwitchOff(); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-server.Failed():
		if !strings.Contains(err.Error(), "NATS cannot write its files") {
			t.Error(err)
		}
	case <-time.After(30 * time.Second):
		t.Error("it does not report the failure")
	}
}

// Two servers in one folder would write over each other's data.
func TestTwoServersShareNoFolder(t *testing.T) {
	t.Parallel()
	cfg := natsd.Config{Dir: t.TempDir()}
	s, err := natsd.Start(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if other, err := natsd.Start(cfg); err == nil {
		_ = other.Shutdown()
		t.Error("a second server starts in the folder of the first")
	} else if !strings.Contains(err.Error(), "in use by another NATS server") {
		t.Error(err)
	}
	if err := s.Shutdown(); err != nil {
		t.Fatal(err)
	}
	if s, err = natsd.Start(cfg); err != nil {
		t.Fatalf("a server after the first: %v", err)
	}
	_ = s.Shutdown()
}
